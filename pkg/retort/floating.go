package retort

import (
	"context"
	"errors"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
)

// versionLabel is what an image says of its version (image-spec, annotations.md).
const versionLabel = "org.opencontainers.image.version"

// float adds the tags that the newest release has: 1.4 of all 1.4.x, 1 of all
// 1.x, and latest. A release that mends an old line must not take them back.
// There is no 0, since 0.4 need not fit in where 0.3 did.
func (t *tagger) float(ctx context.Context, s project.Service, v project.TagNames) (project.TagNames, error) {
	for _, f := range []struct {
		tag   string
		among func(ci.Version) bool
		into  *string
	}{
		{t.version.Minor(), func(r ci.Version) bool { return r.Minor() == t.version.Minor() }, &v.Minor},
		{t.version.Major(), func(r ci.Version) bool { return r.Major() == t.version.Major() }, &v.Major},
		{"latest", func(ci.Version) bool { return true }, &v.Latest},
	} {
		if f.tag == "0" {
			continue
		}
		newest, err := t.newest(ctx, s, f.tag, f.among)
		if err != nil {
			return v, err
		}
		if newest {
			*f.into = f.tag
		}
	}
	return v, nil
}

// newest says whether no release of those is known to be newer: neither by a tag
// in the checkout, nor as what the image tag names now. CIs fetch the one tag
// that they build more often than all of them.
func (t *tagger) newest(ctx context.Context, s project.Service, tag string, among func(ci.Version) bool) (bool, error) {
	for _, r := range t.releases {
		if among(r) && r.Compare(t.version) > 0 {
			return false, nil
		}
	}
	ref := s.Image + ":" + tag
	label, err := t.labelOf(ctx, ref)
	switch {
	case errors.Is(err, registry.ErrNotFound):
		return true, nil
	case ctx.Err() != nil:
		return false, err
	}
	// What cannot be read, such as an index without this machine's platform, does
	// not say. A registry that is away will be told of by the push.
	if now, ok := ci.ParseVersion(label); ok && now.IsRelease() {
		return now.Compare(t.version) <= 0, nil
	}
	if !t.whole {
		t.p.warn("push", s.Name, ref+" is left alone: the checkout does not have all tags, and the image there does not say its version; "+
			"it moves when git has fetched the tags of all releases")
	}
	return t.whole, nil
}

// labelOf is the version that the image of a reference says it has.
func (t *tagger) labelOf(ctx context.Context, ref string) (string, error) {
	img, err := t.p.registry.Image(ctx, ref, nil)
	if err != nil {
		return "", err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return "", err
	}
	return config.Config.Labels[versionLabel], nil
}
