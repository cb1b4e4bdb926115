package docker

import (
	"context"
	"fmt"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// imageStore tells whether the daemon keeps images in containerd's store, which
// its version does not say, and the driver's name.
func (e *Engine) imageStore(ctx context.Context) (containerd bool, driver string, err error) {
	info, err := e.api.Info(ctx)
	if err != nil {
		return false, "", e.explain(ctx, "ask for the image store", err)
	}
	for _, row := range info.DriverStatus {
		if row[0] == "driver-type" && row[1] == "io.containerd.snapshotter.v1" {
			return true, info.Driver, nil
		}
	}
	return false, info.Driver, nil
}

// holdsIndexes gives an error where an image has one platform.
func (e *Engine) holdsIndexes(ctx context.Context) error {
	containerd, driver, err := e.imageStore(ctx)
	if err != nil || containerd {
		return err
	}
	return fault.Wrap(fault.Usage,
		fmt.Errorf("several platforms in one build: %w: its image store (%s) holds one platform per image", engine.ErrUnsupported, driver),
		"switch the daemon to the containerd image store, or build one platform at a time")
}

// exportsCache gives an error where the build cache can leave the daemon inside of
// an image alone.
func (e *Engine) exportsCache(ctx context.Context) error {
	containerd, driver, err := e.imageStore(ctx)
	if err != nil || containerd {
		return err
	}
	return fault.Wrap(fault.Usage,
		fmt.Errorf("cache_to: %w: a daemon with the image store %s exports its cache with type=inline alone", engine.ErrUnsupported, driver),
		"say cache_to: [type=inline], switch the daemon to the containerd image store, or build on a BuildKit daemon: --engine tcp://…")
}
