package docker

import (
	"reflect"
	"slices"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/placing"
)

func files(paths ...string) []engine.File {
	var all []engine.File
	for _, p := range paths {
		all = append(all, engine.File{Path: p})
	}
	return all
}

// Files of a container that can be written to go in one request; a read-only one
// takes them in as few volumes as will do.
func TestTargets(t *testing.T) {
	spec := engine.ContainerSpec{
		Files:  files("/etc/app/deep/a", "/etc/app/b", "/etc/app-b/c", "/data/d", "/data/deep/e"),
		Mounts: []engine.Mount{{Volume: "v", Path: "/data"}},
	}
	if got, want := targets(spec), []target{{"/", spec.Files}}; !reflect.DeepEqual(got, want) {
		t.Errorf("files go to %v, want %v", got, want)
	}
	if got := placing.OwnVolumes(spec); got != nil {
		t.Errorf("volumes at %v", got)
	}
	spec.ReadOnly = true
	want := []target{
		{"/etc/app", files("/etc/app/deep/a", "/etc/app/b")},
		{"/etc/app-b", files("/etc/app-b/c")},
		{"/data", files("/data/d", "/data/deep/e")},
	}
	if got := targets(spec); !reflect.DeepEqual(got, want) {
		t.Errorf("files of a read-only container go to %v, want %v", got, want)
	}
	if got, want := placing.OwnVolumes(spec), []string{"/etc/app", "/etc/app-b"}; !slices.Equal(got, want) {
		t.Errorf("volumes at %v, want %v", got, want)
	}
	if got := targets(engine.ContainerSpec{}); got != nil {
		t.Errorf("no files go to %v", got)
	}
}
