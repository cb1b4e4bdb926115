package placing_test

import (
	"testing"

	"github.com/retort-ci/retort/pkg/internal/placing"
)

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		path, dir string
		want      bool
	}{
		{"/run", "/run", true}, {"/run/a", "/run", true}, {"/runner", "/run", false}, {"/a", "/", true}, {"/", "/run", false},
	} {
		if got := placing.Within(c.path, c.dir); got != c.want {
			t.Errorf("%s within %s: %v", c.path, c.dir, got)
		}
	}
}
