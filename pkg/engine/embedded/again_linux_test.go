package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// A program may open the same state again, and build what has changed meanwhile,
// also where caches could not be collected.
func TestOpenedAgain(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	spec := engine.BuildSpec{Context: probe.Context(t, "FROM scratch\nCOPY one /one\n", map[string]string{"one": "1"})}
	for _, content := range []string{"1", "22", "333"} {
		if err := os.WriteFile(filepath.Join(spec.Context, "one"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		e := engineFor(t, state, 1<<30)
		_, err := e.Build(t.Context(), spec)
		o := e.opened
		e.opened = nil
		if err := errors.Join(err, e.Close(), o.close(), o.slot.Close()); err != nil {
			t.Errorf("with %q: %v", content, err)
		}
	}
}
