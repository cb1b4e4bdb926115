package scaffold

import (
	"cmp"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// deepest is how many directories down a Dockerfile is looked for: services/orders
// is two.
const deepest = 3

// belowRoot is the way from the root of the checkout that dir is in; empty at the
// root, and outside of any.
func belowRoot(dir string) string {
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, ".git")); err == nil {
			rel, err := filepath.Rel(root, dir)
			if err != nil || rel == "." {
				return ""
			}
			return filepath.ToSlash(rel)
		}
		if root == filepath.Dir(root) {
			return ""
		}
	}
}

// composeFiles are the names that Compose knows, in its order, if dir has one.
func composeFiles(dir string) []string {
	for _, name := range []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"} {
		if file := filepath.Join(dir, name); isFile(file) {
			return []string{file}
		}
	}
	return nil
}

// findDockerfiles reads those below dir, less what others brought there.
func findDockerfiles(dir string) ([]dockerfile, error) {
	var found []dockerfile
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if file == dir && err != nil {
			return err // there is nothing to look at
		}
		rel, relErr := filepath.Rel(dir, file)
		if err != nil || relErr != nil {
			return fs.SkipDir // not ours to read
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			if rel != "." && (foreign(entry.Name()) || strings.Count(rel, "/") >= deepest) {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || !isDockerfile(entry.Name()) {
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		found = append(found, parseDockerfile(rel, content))
		return nil
	})
	// Those nearer to the root have the first choice of names.
	slices.SortStableFunc(found, func(a, b dockerfile) int {
		return cmp.Compare(strings.Count(a.path, "/"), strings.Count(b.path, "/"))
	})
	return found, err
}

// foreign directories hold what was brought there by tools.
func foreign(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"vendor", "node_modules", "testdata", "third_party"}, name)
}

// isDockerfile knows Dockerfile, Dockerfile.web and web.Dockerfile.
func isDockerfile(name string) bool {
	return name == "Dockerfile" || strings.HasSuffix(name, ".Dockerfile") ||
		strings.HasPrefix(name, "Dockerfile.") && name != "Dockerfile.dockerignore"
}

// variant is what a Dockerfile's name says besides that it is one: "web" of
// Dockerfile.web.
func variant(file string) string {
	name := path.Base(file)
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(name, "Dockerfile"), "."), ".Dockerfile")
}

// context is the directory that the Dockerfile is built in, relative to the
// repository: its own, unless what it copies is only to be found from the root.
func (d dockerfile) context(dir string) string {
	own := path.Dir(d.path)
	there := func(base string) bool {
		return !slices.ContainsFunc(d.sources, func(source string) bool {
			_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(path.Join(base, source))))
			return err != nil
		})
	}
	if own != "." && !there(own) && there(".") {
		return "."
	}
	return own
}

func isFile(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular()
}
