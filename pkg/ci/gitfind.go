package ci

import (
	"os"
	"path/filepath"
	"slices"
)

// inCheckout looks for .git as git does: in dir and above, up to the ceilings
// that the user has set. To git itself, no checkout and one that it refuses to
// read are the same exit code.
func inCheckout(dir string) bool {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return false
	}
	ceilings := filepath.SplitList(os.Getenv("GIT_CEILING_DIRECTORIES"))
	for {
		if isGitDir(filepath.Join(dir, ".git")) {
			return true
		}
		parent := filepath.Dir(dir)
		if parent == dir || slices.Contains(ceilings, parent) {
			return false
		}
		dir = parent
	}
}

// isGitDir takes a directory with a HEAD, or the file that a worktree and a
// submodule have instead.
func isGitDir(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	if !info.IsDir() {
		return true
	}
	_, err = os.Lstat(filepath.Join(path, "HEAD"))
	return err == nil
}
