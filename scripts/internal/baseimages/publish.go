package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/retort-ci/retort/pkg/fault"
)

// publish makes the image in the registry what this machine makes, unless it
// is that already and force is not set. It returns the digest that the
// registry now has, and whether the image was created.
func publish(ctx context.Context, registry string, i image, force bool) (digest v1.Hash, created bool, err error) {
	ref, err := name.ParseReference(registry + "/" + i.name)
	if err != nil {
		return v1.Hash{}, false, fault.Wrap(fault.Usage, fmt.Errorf("name %s in the registry: %w", i.name, err),
			"give the registry as HOST:PORT, such as 127.0.0.1:5000")
	}
	there, err := lookUp(ctx, ref)
	if err != nil {
		return v1.Hash{}, false, fault.Wrap(fault.Infrastructure, err, "start one: retort registry serve --addr "+registry)
	}
	if there.key == i.key && !force {
		return there.digest, false, nil
	}
	img, err := i.build(ctx)
	if err != nil {
		return v1.Hash{}, false, err
	}
	if err := remote.Write(ref, img, remote.WithContext(ctx)); err != nil {
		return v1.Hash{}, false, fault.Wrap(fault.Infrastructure, fmt.Errorf("push %s: %w", ref, err), "")
	}
	digest, err = img.Digest()
	return digest, true, err
}

// published is what the registry has under a name; nothing is the zero value.
type published struct {
	digest v1.Hash
	key    string
}

func lookUp(ctx context.Context, ref name.Reference) (published, error) {
	found, err := remote.Get(ref, remote.WithContext(ctx))
	if answer, ok := errors.AsType[*transport.Error](err); ok && answer.StatusCode == http.StatusNotFound {
		return published{}, nil
	}
	if err != nil {
		return published{}, fmt.Errorf("look for %s: %w", ref, err)
	}
	img, err := found.Image()
	if err != nil {
		return published{}, nil //nolint:nilerr // an index, say: not ours, and replaced
	}
	manifest, err := img.Manifest()
	if err != nil {
		return published{}, fmt.Errorf("read %s: %w", ref, err)
	}
	return published{digest: found.Digest, key: manifest.Annotations[keyAnnotation]}, nil
}
