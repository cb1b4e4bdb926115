package ci_test

import (
	"path/filepath"
	"testing"

	"github.com/retort-ci/retort/pkg/ci"
)

func TestCommitsSince(t *testing.T) {
	dir := repo(t)
	first := git(t, dir, "rev-parse", "HEAD")
	commitAll(t, dir, "second")
	commitAll(t, dir, "third")
	third := git(t, dir, "rev-parse", "HEAD")
	shallow := filepath.Join(t.TempDir(), "clone")
	git(t, dir, "clone", "--quiet", "--depth=1", "file://"+dir, shallow)
	for name, test := range map[string]struct {
		dir, commit string
		want        int
		ok          bool
	}{
		"two":                {dir, first, 2, true},
		"two, and changes":   {dir, first + "-dirty", 2, true},
		"none":               {dir, third, 0, true},
		"another repository": {dir, "1b2a2f1c3d4e5f60718293a4b5c6d7e8f9012345", 0, false},
		"a shallow clone":    {shallow, first, 0, false},
		"no commit":          {dir, "", 0, false},
		"a branch":           {dir, "main", 0, false},
		"an option":          {dir, "--all", 0, false},
		"no checkout":        {t.TempDir(), first, 0, false},
	} {
		if n, ok := ci.CommitsSince(t.Context(), test.dir, test.commit); n != test.want || ok != test.ok {
			t.Errorf("%s: %d %t, want %d %t", name, n, ok, test.want, test.ok)
		}
	}
}
