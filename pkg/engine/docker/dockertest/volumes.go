package dockertest

import (
	"context"

	"github.com/containerd/errdefs"
)

// Volumes names the volumes of a container.
func (e *Engine) Volumes(ctx context.Context, container string) ([]string, error) {
	in, err := e.api.ContainerInspect(ctx, container)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range in.Mounts {
		names = append(names, m.Name)
	}
	return names, nil
}

// HasVolume is true while the daemon has a volume of that name.
func (e *Engine) HasVolume(ctx context.Context, name string) (bool, error) {
	_, err := e.api.VolumeInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}
