package retort

import (
	"context"
	"errors"
	"regexp"
	"strconv"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
)

// tagger knows what a push needs to know of the build to give tags.
type tagger struct {
	p         *Pipeline
	version   ci.Version
	isVersion bool         // what is built has the git tag of a version
	isRelease bool         // … that is no pre-release
	releases  []ci.Version // that the checkout has a tag of
	whole     bool         // there is no other
}

// newTagger asks git for all releases where a tag depends on them.
func (p *Pipeline) newTagger(ctx context.Context) (*tagger, error) {
	t := &tagger{p: p}
	if p.CI.Dirty {
		return t, nil
	}
	t.version, t.isVersion = ci.ParseVersion(p.CI.Tag)
	t.isRelease = t.isVersion && t.version.IsRelease()
	if !t.isRelease {
		return t, nil
	}
	var err error
	t.releases, t.whole, err = ci.Releases(ctx, p.Project.Dir)
	return t, gitFault(err)
}

// templates are those of the project file, or else the usual ones.
func (t *tagger) templates() []string {
	if t.p.Project.Tags != nil {
		return t.p.Project.Tags
	}
	usual := []string{"{{.Branch}}", "pr-{{.PullRequest}}"}
	if t.isVersion {
		return append(usual, "{{.Version}}", "{{.Minor}}", "{{.Major}}", "{{.Latest}}")
	}
	return append(usual, "{{.Tag}}")
}

// values are what templates are filled with, each a tag by itself. A branch or a
// version names what the repository holds, and a work tree with changes is not
// in it.
func (t *tagger) values(ctx context.Context, s project.Service) (project.TagNames, error) {
	e := t.p.CI
	v := project.TagNames{Commit: revision(e), ShortCommit: shortRevision(e)}
	if e.BuildNumber != "" {
		v.BuildNumber = registry.SanitizeTag(e.BuildNumber)
	}
	if e.Dirty {
		return v, nil
	}
	if e.Branch != "" {
		v.Branch = refTag(e.Branch)
	}
	if e.PullRequest > 0 {
		v.PullRequest = strconv.Itoa(e.PullRequest)
	}
	switch {
	case t.isVersion:
		v.Tag, v.Version = registry.SanitizeTag(e.Tag), registry.SanitizeTag(t.version.String())
	case e.Tag != "":
		v.Tag = refTag(e.Tag)
	}
	if t.isRelease {
		return t.float(ctx, s, v)
	}
	return v, nil
}

// revision is the commit as a record names it: one whose work tree had changes
// is not the commit.
func revision(e ci.Environment) string {
	if e.Commit != "" && e.Dirty {
		return e.Commit + "-dirty"
	}
	return e.Commit
}

// shortRevision is enough of the commit for a person to know it by.
func shortRevision(e ci.Environment) string {
	short := e.Commit[:min(len(e.Commit), 12)]
	if short != "" && e.Dirty {
		short += "-dirty"
	}
	return short
}

// ours are tags that say what an image is. A branch that is called so would
// speak for a release, a pull request or a commit.
var ours = regexp.MustCompile(`^(latest|pr-\d+|git-[0-9a-f]{40,64}(-dirty)?|\d+(\.\d+)?)$`)

// refTag is the image tag of a branch, or of a git tag that is no version. Two
// names never give one tag.
func refTag(name string) string {
	if ours.MatchString(name) || isVersion(name) {
		name = "\x00" + name // which no name in git has: SanitizeTag tells it apart
	}
	return registry.SanitizeTag(name)
}

// gitFault tells what to do about a checkout that git refuses to read.
func gitFault(err error) error {
	if gitErr, ok := errors.AsType[*ci.GitError](err); ok {
		return fault.Wrap(fault.Usage, err, gitErr.Hint())
	}
	return err
}
