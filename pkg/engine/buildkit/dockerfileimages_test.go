package buildkit

import (
	"maps"
	"slices"
	"testing"
)

func TestImagesInDockerfile(t *testing.T) {
	const dockerfile = `ARG TAG=1
ARG LATER=${TAG}-b
ARG UNSET
FROM docker.io/library/base:latest AS build
FROM repo/tagged:${TAG} AS second
FROM repo/later:$LATER
FROM repo/unset:$UNSET
FROM repo/platform:$TARGETARCH
FROM app AS App
FROM scratch
COPY --from=copied:2 /a /a
COPY --from=build /a /a
COPY --from=0 /a /a
RUN --mount=type=bind,from=mounted,target=/m --mount=type=cache,target=/c true
`
	for name, c := range map[string]struct {
		dockerfile string
		args       map[string]string
		want       []string
	}{
		"defaults": {dockerfile, nil, []string{"base", "copied:2", "mounted", "repo/later:1-b", "repo/tagged:1", "scratch"}},
		"given": {
			dockerfile,
			map[string]string{"TAG": "9", "UNSET": "set"},
			[]string{"base", "copied:2", "mounted", "repo/later:9-b", "repo/tagged:9", "repo/unset:set", "scratch"},
		},
		"no sense":      {"FROM", nil, nil},
		"stage's image": {"FROM golang AS golang\nFROM golang:latest", nil, nil},
	} {
		if got := slices.Sorted(maps.Keys(imagesIn([]byte(c.dockerfile), c.args))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
