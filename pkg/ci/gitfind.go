package ci

import (
	"os"
	"path/filepath"
	"slices"
)

// inCheckout says whether dir lies in a checkout. To git itself, no checkout and
// one that it refuses to read are the same exit code.
func inCheckout(dir string) bool { return Root(dir) != "" }

// Root is the directory of the checkout that dir lies in, without symbolic links;
// empty when it lies in none. It looks for .git as git does: in dir and above, up
// to the ceilings that the user has set.
func Root(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return ""
	}
	ceilings := filepath.SplitList(os.Getenv("GIT_CEILING_DIRECTORIES"))
	for {
		if isGitDir(filepath.Join(dir, ".git")) {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir || slices.Contains(ceilings, parent) {
			return ""
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
