package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// junit takes no file at all for an error, as Jenkins does, and one that a strict
// XML parser refuses.
func (b *jenkinsBuild) junit(s jenkinsStep, workspace string) error {
	files := matching(workspace, s.Results)
	if len(files) == 0 && !s.AllowEmpty {
		return errors.New("no test report files were found: configuration error?")
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(workspace, f))
		if err != nil {
			return err
		}
		if err := xml.Unmarshal(text, new(struct{})); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.results += len(files)
	return nil
}

// stash keeps copies of files; without any it is an error, as in Jenkins.
func (b *jenkinsBuild) stash(s jenkinsStep, workspace string) error {
	kept := map[string][]byte{}
	for _, f := range matching(workspace, s.Results) {
		text, err := os.ReadFile(filepath.Join(workspace, f))
		if err != nil {
			return err
		}
		kept[f] = text
	}
	if len(kept) == 0 && !s.AllowEmpty {
		return fmt.Errorf("no files included in stash %q", s.Name)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stashes[s.Name] = kept
	return nil
}

func (b *jenkinsBuild) unstash(s jenkinsStep, workspace string) error {
	b.mu.Lock()
	kept, ok := b.stashes[s.Name]
	b.mu.Unlock()
	if !ok {
		return fmt.Errorf("no such saved stash %q", s.Name)
	}
	for f, text := range kept {
		path := filepath.Join(workspace, f)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// matching are the files below dir that one of the patterns, with commas between
// them, matches. ** stands for any directories.
func matching(dir, patterns string) []string {
	var found []string
	for pattern := range strings.SplitSeq(patterns, ",") {
		pattern = regexp.QuoteMeta(strings.TrimSpace(pattern))
		pattern = strings.NewReplacer(`\*\*/`, "(.*/)?", `\*\*`, ".*", `\*`, "[^/]*").Replace(pattern)
		expression := regexp.MustCompile("^" + pattern + "$")
		_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			rel, _ := filepath.Rel(dir, path)
			if err == nil && entry.Type().IsRegular() && expression.MatchString(rel) {
				found = append(found, rel)
			}
			return nil
		})
	}
	return found
}
