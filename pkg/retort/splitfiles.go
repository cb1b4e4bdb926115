package retort

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

// splitFiles are the files of the project that the suite's shards share out,
// sorted; nil when the suite's own program divides the work.
func (p *Pipeline) splitFiles(s project.Service) ([]string, error) {
	if len(s.Suite.Split) == 0 {
		return nil, nil
	}
	matcher, err := patternmatcher.New(s.Suite.Split)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("x-retort.split of %s: %w", s.Name, err), "")
	}
	var files []string
	tree := os.DirFS(p.Project.Dir)
	for _, dir := range fixedDirs(s.Suite.Split) {
		err := fs.WalkDir(tree, dir, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == ".git" || d.Name() == ".retort"):
				return fs.SkipDir
			case d.IsDir():
				return nil
			}
			match, err := matcher.MatchesOrParentMatches(name)
			if match {
				files = append(files, name)
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			return nil, fmt.Errorf("x-retort.split of %s: %w", s.Name, err)
		}
	}
	if len(files) == 0 {
		return nil, fault.New(fault.Usage, "globs are relative to "+p.Project.Dir,
			"x-retort.split of %s: no file matches %s", s.Name, strings.Join(s.Suite.Split, " or "))
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// fixedDirs are the directories below which files can match: a project may be
// large elsewhere.
func fixedDirs(globs []string) []string {
	var dirs []string
	for _, glob := range globs {
		dir := path.Clean(glob)
		for dir != "." && strings.ContainsAny(dir, `*?[\`) {
			dir = path.Dir(dir)
		}
		dirs = append(dirs, dir)
	}
	return dirs
}
