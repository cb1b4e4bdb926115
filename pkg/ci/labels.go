package ci

import (
	"maps"
	"time"
)

// Labels gives the image's OCI annotations that nobody should have to write by
// hand (image-spec, annotations.md). One whose value is not known is left out.
// All come from the commit, none from the clock, so that building a commit
// twice gives one image.
func (e Environment) Labels() map[string]string {
	const prefix = "org.opencontainers.image."
	labels := map[string]string{prefix + "source": e.Git.Remote, prefix + "version": e.version()}
	if e.Commit != "" {
		labels[prefix+"revision"] = e.revision()
	}
	if !e.Git.Time.IsZero() {
		labels[prefix+"created"] = e.Git.Time.UTC().Format(time.RFC3339)
	}
	maps.DeleteFunc(labels, func(_, value string) bool { return value == "" })
	return labels
}

// version is that of the tag, or the tag, or enough of the commit.
func (e Environment) version() string {
	if e.Tag != "" && !e.Dirty {
		if version, ok := ParseVersion(e.Tag); ok {
			return version.String()
		}
		return e.Tag
	}
	if e.Dirty && e.Commit != "" {
		return short(e.Commit) + "-dirty"
	}
	return short(e.Commit)
}
