package remote_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// A daemon in a container is reached through docker exec, which runs buildctl there.
// What stands for docker here leaves out the container.
func TestThroughAProgram(t *testing.T) {
	d := buildkitdtest.Start(t, buildkitdtest.Options{})
	bin := t.TempDir()
	docker := "#!/bin/sh\n[ \"$1 $2 $3\" = 'exec -i builder' ] || exit 9\nshift 3\n[ \"$1\" = buildctl ] && shift\nexec " + d.Buildctl + " --addr " + d.Address + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "docker"), []byte(docker), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	e := open(t, remote.Options{Host: "docker-container://builder"})
	if said, err := e.Describe(t.Context()); err != nil || !strings.HasSuffix(said, " at docker-container://builder") {
		t.Errorf("it is %q, %v", said, err)
	}
	if id := probe.Image(t, e, nil); id == "" {
		t.Error("nothing was built")
	}
	away := open(t, remote.Options{Host: "docker-container://another"})
	_, err := away.Describe(t.Context())
	wantAway(t, err)
}
