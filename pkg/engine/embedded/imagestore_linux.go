package embedded

import (
	"context"
	"fmt"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/pkg/epoch"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
)

// namespace of containerd's stores. BuildKit's own parts use the same one, so
// that an image's content is one for both.
const namespace = "buildkit"

// imageStore is containerd's, in the namespace. The times in it are of this
// machine's clock, not of SOURCE_DATE_EPOCH: garbage collection goes by them.
type imageStore struct {
	images.Store
	// current knows the names of all slots. Until it is set there are none.
	current func(ctx context.Context, name string) (images.Image, error)
}

func own(ctx context.Context) context.Context {
	return epoch.WithSourceDateEpoch(namespaces.WithNamespace(ctx, namespace), nil)
}

// Get gives the image that the name stands for, also when it was built in another
// slot. FROM asks here.
func (s *imageStore) Get(ctx context.Context, name string) (images.Image, error) {
	if s.current == nil {
		return images.Image{}, fmt.Errorf("image %s: %w", name, errdefs.ErrNotFound)
	}
	return s.current(ctx, name)
}

// List gives the images that match one of the filters.
func (s *imageStore) List(ctx context.Context, filters ...string) ([]images.Image, error) {
	return s.Store.List(own(ctx), filters...)
}

// Create adds an image.
func (s *imageStore) Create(ctx context.Context, image images.Image) (images.Image, error) {
	return s.Store.Create(own(ctx), image)
}

// Update replaces an image, or the fields of it.
func (s *imageStore) Update(ctx context.Context, image images.Image, fields ...string) (images.Image, error) {
	return s.Store.Update(own(ctx), image, fields...)
}

// Delete removes the name.
func (s *imageStore) Delete(ctx context.Context, name string, opts ...images.DeleteOpt) error {
	return s.Store.Delete(own(ctx), name, opts...)
}
