package embedded_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// Each container has files of its own, made of the image's, and the image stays
// as it was.
func TestRootfs(t *testing.T) {
	t.Parallel()
	e := open(t, embedded.Options{})
	built, err := e.Build(t.Context(), engine.BuildSpec{
		Context: probe.Context(t, "FROM scratch\nCOPY f /f\nENV A=b\nCMD [\"/f\"]\n", map[string]string{"f": "of the image"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r, err := e.Rootfs(t.Context(), built.ID)
		if err != nil {
			t.Fatal(err)
		}
		if c := r.Config(); len(c.Config.Cmd) != 1 || len(c.Config.Env) == 0 {
			t.Errorf("config is %+v", c)
		}
		file := filepath.Join(r.Path(), "f")
		if got, err := os.ReadFile(file); err != nil || string(got) != "of the image" {
			t.Errorf("the file holds %q, %v", got, err)
		}
		if err := os.WriteFile(file, []byte("of the container"), 0o600); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := r.Release(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if _, err := os.Stat(r.Path()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("after its release %s is there: %v", r.Path(), err)
		}
	}
	if _, err := e.Rootfs(t.Context(), "no/such:image"); !errors.Is(err, engine.ErrImageNotFound) {
		t.Errorf("error is %v", err)
	}
}
