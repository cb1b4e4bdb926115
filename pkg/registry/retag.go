package registry

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/progress"
)

// Tag makes the tags of src's repository name what src names now: the exact
// bytes of its manifest are put under each tag, one request each after one for
// the manifest. Nothing else moves.
func (c *Client) Tag(ctx context.Context, src string, tags ...string) (Pushed, error) {
	source, err := c.parse(src)
	if err != nil {
		return Pushed{}, err
	}
	full := make([]string, 0, len(tags))
	for _, tag := range tags {
		full = append(full, source.Context().Name()+":"+tag)
	}
	refs, err := c.parseAll(full)
	if err != nil {
		return Pushed{}, err
	}
	t := c.begin("tag " + show(source))
	pushed, err := c.retag(ctx, source, refs)
	t.end(progress.Done, err)
	return pushed, err
}

func (c *Client) retag(ctx context.Context, source name.Reference, refs []name.Reference) (Pushed, error) {
	m, err := c.get(ctx, source)
	if err != nil {
		return Pushed{}, err
	}
	if err := c.putAll(ctx, refs, m); err != nil {
		return Pushed{}, err
	}
	pushed := Pushed{Repository: show(source.Context()), Digest: m.Digest.String()}
	for _, ref := range refs {
		pushed.Refs = append(pushed.Refs, show(ref))
	}
	return pushed, nil
}
