package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// Mirror resolves the base images of Docker Hub in another registry, where
// docker.io/library/golang:1.26 is called <host>/library/golang:1.26, and pins
// them to the digest they have there. Images of other registries are left to
// the engine: a mirror of Docker Hub holds no others, as with Docker's own
// registry-mirrors setting.
type Mirror struct {
	client *Client
	host   string
}

var _ engine.BaseResolver = (*Mirror)(nil)

// NewMirror gives the mirror at host, which may carry a port and a path.
func NewMirror(client *Client, host string) (*Mirror, error) {
	ref, err := client.parse(host + "/library/name")
	if err == nil && ref.Context().RegistryStr() == name.DefaultRegistry {
		// A word without dot or port would be taken for a name on Docker Hub.
		err = errors.New("it names no registry but Docker Hub")
	}
	if err != nil {
		return nil, fault.New(fault.Usage, "give host or host:port, as in --mirror 127.0.0.1:5000", "mirror %q: %w", host, err)
	}
	return &Mirror{client: client, host: host}, nil
}

// ResolveBase pins ref in the mirror. An image that the mirror does not have is
// a fault of the infrastructure and wraps ErrNotFound: to go on to Docker Hub
// in silence would build upon another image than was meant.
func (m *Mirror) ResolveBase(ctx context.Context, ref, platform string) (*engine.Base, error) {
	meant, err := m.client.parse(ref)
	if err != nil {
		return nil, err
	}
	if meant.Context().RegistryStr() != name.DefaultRegistry {
		return nil, nil //nolint:nilnil // engine.BaseResolver: the engine resolves it
	}
	within, err := m.mirrored(meant)
	if err != nil {
		return nil, err
	}
	base, err := m.resolve(ctx, within, platform)
	if errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("mirror %s does not have %s: %w", m.host, show(meant), err)
		return nil, fault.Wrap(fault.Infrastructure, err,
			fmt.Sprintf("push it there as %s, or build without --mirror", show(within)))
	}
	if err != nil {
		return nil, err
	}
	base.Name = ref
	return base, nil
}

// mirrored is the reference in the mirror.
func (m *Mirror) mirrored(meant name.Reference) (name.Reference, error) {
	separator := ":"
	if _, ok := meant.(name.Digest); ok {
		separator = "@"
	}
	return m.client.parse(m.host + "/" + meant.Context().RepositoryStr() + separator + meant.Identifier())
}

func (m *Mirror) resolve(ctx context.Context, ref name.Reference, platform string) (*engine.Base, error) {
	wanted, err := parsePlatform(platform)
	if err != nil {
		return nil, err
	}
	got, err := m.client.get(ctx, ref)
	if err != nil {
		return nil, err
	}
	img, err := m.client.imageFor(ctx, ref, got, wanted)
	if err != nil {
		return nil, err
	}
	config, err := img.RawConfigFile()
	if err != nil {
		return nil, m.client.explain(pulling("read config of", ref), err)
	}
	base := &engine.Base{Ref: show(ref), Digest: got.Digest.String(), Config: config}
	if _, ok := ref.(name.Digest); ok {
		base.Ref = show(ref.Context())
	}
	return base, nil
}
