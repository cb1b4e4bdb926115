package registry

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/progress"
)

// Tag makes the tags of src's repository name what src names now: the exact
// bytes of its manifest are put under each tag, and each tag is read back.
// Nothing else moves.
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
	pushed, err := c.retag(ctx, t, source, refs)
	t.end(progress.Done, err)
	return pushed, err
}

func (c *Client) retag(ctx context.Context, t *task, source name.Reference, refs []name.Reference) (Pushed, error) {
	manifest, err := c.get(ctx, source)
	if err != nil {
		return Pushed{}, err
	}
	pusher, err := c.newPusher(t)
	if err != nil {
		return Pushed{}, err
	}
	for _, ref := range refs {
		if err := c.put(ctx, pusher, ref, manifest); err != nil {
			return Pushed{}, err
		}
	}
	return c.confirm(ctx, manifest.Digest, refs)
}
