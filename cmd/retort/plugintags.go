package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
)

// readTags are those of the settings or of a file, or the ones that the build's
// event gives.
func (p *plugin) readTags(e ci.Environment, defaultBranch, dir string) error {
	given := len(p.tags) > 0
	if !given {
		content, err := os.ReadFile(filepath.Join(dir, cmp.Or(p.tagsFile, ".tags")))
		if err != nil && p.tagsFile != "" {
			return fault.Wrap(fault.Usage, fmt.Errorf("setting tags_file: %w", err), "")
		}
		p.tags = items(strings.ReplaceAll(string(content), "\n", ","))
	}
	switch {
	case p.autoTag:
		auto, err := autoTags(e, defaultBranch, p.suffix)
		if err != nil {
			return err
		}
		if given && e.System != ci.Woodpecker { // which adds them up
			p.tags = nil
			p.note("tags are left out: auto_tag takes their place, as in drone-docker")
		}
		p.tags = append(auto, p.tags...)
	case len(p.tags) == 0:
		p.tags = []string{"latest"}
	}
	return nil
}

// autoTags are latest for the default branch, and 1.4.2, 1.4 and 1 for the git tag
// v1.4.2; none for other builds.
func autoTags(e ci.Environment, defaultBranch, suffix string) ([]string, error) {
	var tags []string
	switch {
	case e.Tag != "":
		v, ok := ci.ParseVersion(e.Tag)
		if !ok {
			return nil, fault.New(fault.Usage, "push a tag like v1.4.2", "auto_tag: %q is not a version", e.Tag)
		}
		tags = []string{strings.ReplaceAll(v.String(), "+", "-")}
		if v.IsRelease() && !strings.Contains(e.Tag, "+") {
			tags = append(tags, v.Minor())
			if v.Major() != "0" {
				tags = append(tags, v.Major())
			}
		}
	case e.Branch != "" && e.Branch == defaultBranch:
		tags = []string{"latest"}
	}
	for i, tag := range tags {
		switch {
		case suffix == "":
		case tag == "latest":
			tags[i] = suffix
		default:
			tags[i] = tag + "-" + suffix
		}
	}
	return tags, nil
}
