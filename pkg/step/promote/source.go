package promote

import (
	"context"
	"fmt"
	"path"
	"strings"
)

// Built is what a digest was built from: a branch of git, a tag, or both.
type Built struct {
	Branch   string
	Tag      string
	Modified bool // with changes that no commit holds
}

func (b Built) String() string {
	if b.Modified {
		b.Modified = false
		return b.String() + ", with changes that no commit holds"
	}
	switch {
	case b.Tag != "" && b.Branch != "":
		return "branch " + b.Branch + ", tag " + b.Tag
	case b.Tag != "":
		return "tag " + b.Tag
	case b.Branch != "":
		return "branch " + b.Branch
	}
	return "neither a branch nor a tag"
}

// Source is the gate that lets in only what was built from certain branches or
// tags: one of either will do. A build of changes that no commit holds will not.
type Source struct {
	Branches []string // patterns for path.Match
	Tags     []string // likewise
	// Provenance gives what repository@digest was built from: nothing where no
	// provenance says so, and more than one where several builds gave the same
	// digest, as those of a branch and, once it is merged, of another. What could
	// be read may stand beside an error.
	Provenance func(ctx context.Context, image string) ([]Built, error)
}

var _ Gate = Source{}

// Name is the key, or are the keys, in the project file.
func (s Source) Name() string {
	switch {
	case len(s.Tags) == 0:
		return "branches"
	case len(s.Branches) == 0:
		return "tags"
	}
	return "branches, tags"
}

// Ask reads the provenance. Without any it refuses.
func (s Source) Ask(ctx context.Context, e Edge) (Verdict, error) {
	builds, err := s.Provenance(ctx, e.From)
	texts := make([]string, len(builds))
	for i, b := range builds {
		fits, matchErr := s.fits(b)
		if matchErr != nil {
			return Verdict{}, matchErr
		}
		if fits {
			return Verdict{Allowed: true, Reason: "built from " + b.String()}, nil
		}
		texts[i] = b.String()
	}
	switch {
	case err != nil:
		return Verdict{}, err
	case len(builds) == 0:
		return Verdict{
			Reason: "no provenance says what " + e.Digest() + " was built from",
			Remedy: "retort push " + e.Service + ", which attaches it",
		}, nil
	}
	return Verdict{
		Reason: fmt.Sprintf("built from %s, and not from %s", strings.Join(texts, "; "), s.wanted()),
		Remedy: "build and push it from " + s.wanted(),
	}, nil
}

// fits says whether one of the patterns is that of the build. What was built with
// changes is of no branch and no tag: nobody but its builder has seen them.
func (s Source) fits(b Built) (bool, error) {
	for _, list := range []struct {
		name     string
		patterns []string
	}{{b.Branch, s.Branches}, {b.Tag, s.Tags}} {
		for _, pattern := range list.patterns {
			fits, err := path.Match(pattern, list.name)
			if err != nil {
				return false, fmt.Errorf("pattern %q: %w", pattern, err)
			}
			if fits && list.name != "" && !b.Modified {
				return true, nil
			}
		}
	}
	return false, nil
}

// wanted names what would do.
func (s Source) wanted() string {
	var all []string
	if len(s.Branches) > 0 {
		all = append(all, "branch "+strings.Join(s.Branches, ", "))
	}
	if len(s.Tags) > 0 {
		all = append(all, "tag "+strings.Join(s.Tags, ", "))
	}
	return strings.Join(all, " or ")
}
