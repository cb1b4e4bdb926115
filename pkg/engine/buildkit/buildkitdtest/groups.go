package buildkitdtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// removeGroups removes the control groups below the one of this name, in each
// hierarchy (cgroups(7)). A killed runc leaves its own; nothing runs in them.
func removeGroups(name string) {
	const mounts = "/sys/fs/cgroup"
	for _, top := range append(glob(filepath.Join(mounts, name)), glob(filepath.Join(mounts, "*", name))...) {
		var groups []string
		_ = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				groups = append(groups, path)
			}
			return nil
		})
		for _, group := range slices.Backward(groups) { // the innermost first
			_ = os.Remove(group)
		}
	}
}

// glob has no error but that of a bad pattern.
func glob(pattern string) []string {
	found, _ := filepath.Glob(pattern)
	return found
}
