package ci

import (
	"context"
	"strings"
)

// Releases gives the versions among the tags of the checkout that dir lies in,
// less pre-releases. whole is false where tags may be missing: in a shallow
// clone, which has the tags of a few commits alone, and without git.
func Releases(ctx context.Context, dir string) (releases []Version, whole bool, err error) {
	if !inCheckout(dir) {
		return nil, false, nil
	}
	run := gitRunner{dir: dir}
	tags, err := run.git(ctx, "for-each-ref", "--format=%(refname:strip=2)", "refs/tags")
	if run.missing(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	for tag := range strings.FieldsSeq(tags) {
		if v, ok := ParseVersion(tag); ok && v.IsRelease() {
			releases = append(releases, v)
		}
	}
	// A git before 2.15 repeats the question, and its clones count as shallow.
	shallow, err := run.git(ctx, "rev-parse", "--is-shallow-repository")
	return releases, strings.TrimSpace(shallow) == "false", err
}
