package embedded_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// RUN has this machine's network, as with BuildKit's daemon, unless it asks for none.
func TestRunReachesTheMachine(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("reached\n")) }))
	t.Cleanup(server.Close)
	e := open(t, embedded.Options{})
	for option, want := range map[string]error{"": nil, "--network=none ": engine.ErrBuild} {
		_, err := e.Build(t.Context(), engine.BuildSpec{
			Context: probe.Context(t, probe.Dockerfile+"RUN "+option+`["/probe","get","`+server.URL+`/","0s"]`+"\n", nil),
		})
		if !errors.Is(err, want) {
			t.Errorf("RUN %s: %v, want %v", option, err, want)
		}
	}
}
