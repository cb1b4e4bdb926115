package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
)

// Copied is the outcome of Copy.
type Copied struct {
	Source     string // repository@digest that was copied
	Repository string // of the destination, in full
	Ref        string // the destination as asked for, in full
	Digest     string // what Ref names now, as the registry confirmed
	Existed    bool   // Ref named the digest before; nothing was written
}

// Copy makes dst name what src names now: an image or a whole index, with
// everything below it, by digest. Blobs are mounted within a registry and
// streamed between registries. Nothing is written when dst names the digest
// already; otherwise dst is read back.
func (c *Client) Copy(ctx context.Context, src, dst string) (Copied, error) {
	refs, err := c.parseAll([]string{src, dst})
	if err != nil {
		return Copied{}, err
	}
	t := c.begin("copy " + show(refs[0]) + " to " + show(refs[1]))
	copied, err := c.copy(ctx, t, refs[0], refs[1])
	status := progress.Done
	if copied.Existed {
		status = progress.Skipped
	}
	t.end(status, err)
	return copied, err
}

func (c *Client) copy(ctx context.Context, t *task, src, dst name.Reference) (Copied, error) {
	digest, err := c.digest(ctx, src)
	if err != nil {
		return Copied{}, err
	}
	if fixed, ok := dst.(name.Digest); ok && fixed.DigestStr() != digest.String() {
		return Copied{}, fault.New(fault.Usage, "name the destination by a tag",
			"copy %s to %s: the source's digest is %s", show(src), show(dst), digest)
	}
	copied := Copied{
		Source:     show(src.Context().Digest(digest.String())),
		Repository: show(dst.Context()),
		Ref:        show(dst),
		Digest:     digest.String(),
	}
	now, err := c.resolve(ctx, dst)
	if err == nil && now.Digest == digest {
		copied.Existed = true
		return copied, nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Copied{}, err
	}
	if err := c.transfer(ctx, t, src.Context().Digest(digest.String()), dst); err != nil {
		return Copied{}, err
	}
	if _, err := c.confirm(ctx, digest, []name.Reference{dst}); err != nil {
		return Copied{}, err
	}
	return copied, nil
}

// digest is what ref names, asked of the registry only for a tag.
func (c *Client) digest(ctx context.Context, ref name.Reference) (v1.Hash, error) {
	if fixed, ok := ref.(name.Digest); ok {
		hash, err := v1.NewHash(fixed.DigestStr())
		if err != nil {
			return hash, badReference(ref.Name(), err)
		}
		return hash, nil
	}
	desc, err := c.resolve(ctx, ref)
	return desc.Digest, err
}

// transfer moves what src names, and all below it, to dst.
func (c *Client) transfer(ctx context.Context, t *task, src name.Digest, dst name.Reference) error {
	manifest, err := c.get(ctx, src)
	if err != nil {
		return err
	}
	if !manifest.MediaType.IsIndex() && !manifest.MediaType.IsImage() {
		return fault.New(fault.Usage, "", "copy %s: %s is neither an image nor an index", show(src), manifest.MediaType)
	}
	pusher, err := c.newPusher(t)
	if err != nil {
		return err
	}
	if src.Context().Name() == dst.Context().Name() {
		return c.put(ctx, pusher, dst, manifest)
	}
	copying := pushing(fmt.Sprintf("copy %s to", show(src)), dst)
	copying.from = src.Context()
	return c.explain(copying, pusher.Push(ctx, dst, manifest))
}
