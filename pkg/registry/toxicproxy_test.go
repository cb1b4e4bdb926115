package registry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/rs/zerolog"

	"github.com/retort-ci/retort/pkg/registry"
)

// network is a proxy whose connections are as bad as it is told.
type network struct {
	*toxiproxy.Proxy
}

// newNetwork leads to the registry.
func newNetwork(t *testing.T, to *wire) network {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", to.addr)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	return network{proxy}
}

// poison is a toxic's kind, the direction it works in, towards the registry
// (upstream) or from it (downstream), and its attributes.
type poison struct{ kind, stream, attributes string }

// add makes the network worse, for connections that there are already, too.
func (n network) add(all ...poison) error {
	for _, p := range all {
		_, err := n.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(`{"type": %q, "stream": %q, "attributes": {%s}}`, p.kind, p.stream, p.attributes)))
		if err != nil {
			return fmt.Errorf("%+v: %w", p, err)
		}
	}
	return nil
}

// heal makes it good again.
func (n network) heal(ctx context.Context) { n.Toxics.ResetToxics(ctx) }

// way is what is done with a registry over a bad network and another over a good
// one.
type way struct {
	name string
	from bool // the image is at the good one before
	over bool // it is at the bad one before
	back bool // it is at the good one after
	do   func(ctx context.Context, c *registry.Client, img v1.Image, bad, good string) error
}

// ways lead everywhere that an image can go.
func ways() []way {
	return []way{
		{name: "push", do: func(ctx context.Context, c *registry.Client, img v1.Image, bad, _ string) error {
			_, err := c.Push(ctx, img, bad+"/shop/orders:1")
			return err
		}},
		{name: "copy there", from: true, do: func(ctx context.Context, c *registry.Client, _ v1.Image, bad, good string) error {
			_, err := c.Copy(ctx, good+"/shop/orders:1", bad+"/shop/orders:1")
			return err
		}},
		{name: "copy from there", over: true, back: true, do: func(ctx context.Context, c *registry.Client, _ v1.Image, bad, good string) error {
			_, err := c.Copy(ctx, bad+"/shop/orders:1", good+"/shop/orders:1")
			return err
		}},
		{name: "pull", over: true, do: func(ctx context.Context, c *registry.Client, img v1.Image, bad, _ string) error {
			return pull(ctx, c, img, bad+"/shop/orders:1")
		}},
	}
}

// pull looks whether all is there, and reads it.
func pull(ctx context.Context, c *registry.Client, img v1.Image, ref string) error {
	want, err := contents(img)
	if err != nil {
		return err
	}
	if err := c.Whole(ctx, ref); err != nil {
		return err
	}
	got, err := c.Image(ctx, ref, nil)
	if err != nil {
		return err
	}
	if err := holds(got.RawManifest, want["manifests"]); err != nil {
		return err
	}
	if err := holds(got.RawConfigFile, want["config"]); err != nil {
		return err
	}
	layers, err := got.Layers()
	if err != nil {
		return err
	}
	return holds(func() ([]byte, error) {
		body, err := layers[0].Compressed()
		if err != nil {
			return nil, err
		}
		defer func() { _ = body.Close() }()
		return io.ReadAll(body)
	}, want["layer"])
}

// holds fails unless what is read has the digest. It looks for itself: the client
// under test might not.
func holds(read func() ([]byte, error), want v1.Hash) error {
	content, err := read()
	if err != nil {
		return err
	}
	got, _, err := v1.SHA256(strings.NewReader(string(content)))
	if err == nil && got != want {
		err = fmt.Errorf("%d bytes of %s came as %s", len(content), got, want)
	}
	return err
}

// contents are the digests of an image of one layer.
func contents(img v1.Image) (map[string]v1.Hash, error) {
	manifest, err := img.Manifest()
	if err != nil {
		return nil, err
	}
	digest, err := img.Digest()
	return map[string]v1.Hash{"manifests": digest, "config": manifest.Config.Digest, "layer": manifest.Layers[0].Digest}, err
}

// errAbsent is for what a registry does not have.
var errAbsent = errors.New("it is not there")

// sound reads what the registry has of the image, past the client and the bad
// network, and fails at what is not what its digest says; at what is not there, too,
// when all has to be.
func sound(ctx context.Context, w *wire, img v1.Image, all bool) error {
	want, err := contents(img)
	if err != nil {
		return err
	}
	for what, digest := range want {
		kind := "blobs"
		if what == "manifests" {
			kind = what
		}
		err := holds(func() ([]byte, error) { return get(ctx, "http://"+w.addr+"/v2/shop/orders/"+kind+"/"+digest.String()) }, digest)
		if err != nil && (all || !errors.Is(err, errAbsent)) {
			return fmt.Errorf("%s %s: %w", what, digest, err)
		}
	}
	return nil
}

func get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "*/*")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusNotFound {
		return nil, errAbsent
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	return io.ReadAll(resp.Body)
}
