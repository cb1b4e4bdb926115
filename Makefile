# The two commands: make demo, make test. Everything they need is in scripts/,
# which CI calls too.

.PHONY: build demo test bench lint clean

build: ## bin/retort, static
	CGO_ENABLED=0 go build -trimpath -o bin/retort ./cmd/retort

demo: ## two microservices from Dockerfile to production, on this machine
	@scripts/demo

test: ## everything, with the race detector, on a real engine and a real registry
	@scripts/test

bench: ## how fast it is beside others, on this machine
	@scripts/bench

lint: ## golangci-lint at a pinned version
	@scripts/lint

clean:
	rm -rf bin dist
