package registry_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/registry"
)

// journey pushes an image, copies it to another repository and keeps a record of
// it there.
func journey(ctx context.Context, c *registry.Client, img v1.Image, host, name string) error {
	from, to := host+"/"+name+"/orders", host+"/"+name+"/prod/orders"
	if _, err := c.Push(ctx, img, from+":1"); err != nil {
		return err
	}
	digest, err := img.Digest()
	if err != nil {
		return err
	}
	if _, err := c.Copy(ctx, from+"@"+digest.String(), to+":live"); err != nil {
		return err
	}
	_, err = c.AppendRecord(ctx, to, registry.Record{Environment: "production", Action: registry.Promote, Digest: digest.String()})
	return err
}

// So it is with real connections, several at once, larger layers and the embedded
// registry as with those of everyoffset_test.go, which is at every byte. Here one cut
// is in the first bytes, one in the last, and those between are spread out.
func TestResetsOverTCP(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	img := image(t)
	direct := newCutter(t, w.addr, true, 1<<40)
	if err := journey(t.Context(), client(t), img, direct.addr, "direct"); err != nil {
		t.Fatal(err)
	}
	const cuts = 25
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(16) // most of the time is the wait before the next try
	for direction, of := range map[int]int64{up: direct.total(up), down: direct.total(down)} {
		for i := range int64(cuts + 1) {
			at := min(i*of/cuts, of-1)
			c := newCutter(t, w.addr, direction == up, at)
			name := fmt.Sprintf("cut%d-%d", direction, at)
			group.Go(func() error {
				if err := journey(ctx, clientWith(t, registry.Options{RetryFor: time.Minute}), img, c.addr, name); err != nil {
					return fmt.Errorf("%s of %d: %w", name, of, err)
				}
				return arrived(ctx, client(t), img, w.addr+"/"+name)
			})
		}
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// arrived fails unless the journey has been made.
func arrived(ctx context.Context, c *registry.Client, img v1.Image, at string) error {
	digest, err := img.Digest()
	if err != nil {
		return err
	}
	for _, ref := range []string{at + "/orders:1", at + "/prod/orders:live"} {
		desc, err := c.Resolve(ctx, ref)
		if err == nil && desc.Digest != digest {
			err = fmt.Errorf("%s is %s", ref, desc.Digest)
		}
		if err == nil {
			err = c.Whole(ctx, ref)
		}
		if err != nil {
			return err
		}
	}
	records, err := c.History(ctx, at+"/prod/orders", "production", 0)
	if err == nil && (len(records) != 1 || records[0].Digest != digest.String()) {
		err = fmt.Errorf("%s has the records %+v", at, records)
	}
	return err
}
