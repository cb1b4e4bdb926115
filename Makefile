# The two commands: make demo, make test. Everything they need is in scripts/,
# which CI calls too.

.PHONY: build demo test race bench lint clean

build: ## bin/retort, static
	CGO_ENABLED=0 go build -trimpath -o bin/retort ./cmd/retort

demo: ## two microservices from Dockerfile to production, on this machine; ENGINE=embedded needs no Docker
	@scripts/demo

test: ## everything, on a real engine and a real registry
	@scripts/test

race: ## all that can be, with the race detector: the first time it compiles for long
	@scripts/test -timeout 30m $$(go list ./... | grep -v '/pkg/engine/embedded$$')

bench: ## how fast it is beside others, on this machine
	@scripts/bench

lint: ## golangci-lint at a pinned version
	@scripts/lint

clean:
	rm -rf bin dist
