package enginetest

import (
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

// testLabels: labels go over the Dockerfile's own, defaults below them, and a
// label that only came with the base gives way to a default.
func (s *suite) testLabels(t *testing.T) {
	inspector := need[engine.Inspector](t, s)
	spec := s.spec(t, `FROM scratch AS base
COPY probe /probe
LABEL inherited=base
FROM base
LABEL forced=dockerfile own=dockerfile
HEALTHCHECK --interval=7s --retries=2 CMD ["/probe", "exists", "/probe"]
EXPOSE 8080/tcp
`, nil)
	spec.Labels = with(spec.Labels, "forced", "caller")
	spec.Defaults = map[string]string{"own": "default", "absent": "default", "forced": "default"}
	info, err := inspector.InspectImage(t.Context(), s.build(t, spec).ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"forced": "caller", "own": "dockerfile", "absent": "default", "inherited": "base",
	} {
		if got := info.Labels[name]; got != want {
			t.Errorf("label %s is %q, want %q", name, got, want)
		}
	}
	// Setting labels must not lose the rest of the config.
	if len(info.Healthcheck) != 4 || len(info.Ports) != 1 {
		t.Errorf("healthcheck %q and ports %q, want those of the Dockerfile", info.Healthcheck, info.Ports)
	}
}
