package enginetest

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// testSSH: RUN can mount an agent, and only one that the spec names.
func (s *suite) testSSH(t *testing.T) {
	spec := s.spec(t, fromProbe+`RUN --mount=type=ssh,id=git,required=true ["/probe","env","SSH_AUTH_SOCK",";","exists","/run/buildkit/ssh_agent.0"]`+"\n", nil)
	spec.NoCache = true
	spec.SSH = []engine.SSH{{ID: "git", Path: agentSocket(t)}}
	s.build(t, spec)

	spec.SSH = []engine.SSH{{ID: "other", Path: agentSocket(t)}}
	_ = s.failure(t, spec)

	spec.SSH = []engine.SSH{{ID: "git", Path: filepath.Join(t.TempDir(), "none")}}
	_, err := s.engine.Build(t.Context(), spec)
	wantSide(t, err, fault.Usage)
}

// agentSocket is one that an agent could listen on: nobody speaks with it here.
func agentSocket(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ssh") //nolint:usetesting // a socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	agent, err := net.Listen("unix", filepath.Join(dir, "a")) //nolint:noctx // is there at once
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = agent.Close() })
	return agent.Addr().String()
}
