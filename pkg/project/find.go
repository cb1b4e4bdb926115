package project

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"

	"github.com/retort-ci/retort/pkg/fault"
)

// directory makes dir absolute and sure that it is one.
func directory(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fault.Wrap(fault.Usage, fmt.Errorf("find directory %q: %w", dir, err), "")
	}
	info, err := os.Stat(abs)
	if err != nil {
		return "", fault.Wrap(fault.Usage, fmt.Errorf("find the project: %w", err), "say where it is with -C DIR")
	}
	if !info.IsDir() {
		return "", fault.New(fault.Usage, "name a compose file with -f "+dir, "%s is not a directory", abs)
	}
	return abs, nil
}

// findFiles gives the absolute paths of the compose files: those named, else
// what Compose would take in dir. Unlike Compose it does not climb to parent
// directories: a Dockerfile here means here. The notes tell what was passed
// over.
func findFiles(dir string, named []string) (files, notes []string, err error) {
	for _, file := range named {
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		if !isFile(file) {
			return nil, nil, fault.New(fault.Usage, "check the path given with -f", "no compose file at %s", file)
		}
		files = append(files, file)
	}
	if len(files) > 0 {
		return files, nil, nil
	}
	for _, names := range [][]string{cli.DefaultFileNames, cli.DefaultOverrideFileNames} {
		found := existing(dir, names)
		if len(found) == 0 {
			break
		}
		if len(found) > 1 {
			notes = append(notes, fmt.Sprintf("%s: taken, and %s not; -f FILE takes others",
				found[0], strings.Join(found[1:], ", ")))
		}
		files = append(files, filepath.Join(dir, found[0]))
	}
	return files, notes, nil
}

// existing are those of names that are files in dir.
func existing(dir string, names []string) []string {
	var found []string
	for _, name := range names {
		if isFile(filepath.Join(dir, name)) {
			found = append(found, name)
		}
	}
	return found
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
