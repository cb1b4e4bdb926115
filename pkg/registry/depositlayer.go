package registry

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/progress"
)

// Deposit brings a layer into the repositories of the references, ahead of the
// [Client.Push] that will name it in a manifest. The layer may still be made: it
// is sent as it grows, once to each registry, and resumed by the next process
// too. Nothing is visible before the push.
func (c *Client) Deposit(ctx context.Context, layer v1.Layer, refs ...string) error {
	parsed, err := c.parseAll(refs)
	if err != nil {
		return err
	}
	if foreign(layer) {
		return nil // it has an address of its own, and may not be copied
	}
	b, err := layerBlob(layer)
	if err != nil {
		return err
	}
	diffID, err := layer.DiffID()
	if err != nil {
		return fmt.Errorf("diff ID of a layer: %w", err)
	}
	if b.late != nil {
		// A layer may wait for its turn to be made. Until then it takes no place from
		// others, and no registry waits for the first byte of a body.
		if err := b.late.Begun(ctx); err != nil {
			return err
		}
	}
	t := c.begin("send layer " + short(diffID.String()))
	t.expect(max(b.size, 0))
	group, within := errgroup.WithContext(ctx)
	for _, repo := range repositories(parsed) {
		group.Go(func() error { return c.deposit(within, t, repo, b) })
	}
	err = group.Wait()
	t.end(progress.Done, err)
	return err
}
