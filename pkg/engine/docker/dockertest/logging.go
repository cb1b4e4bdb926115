package dockertest

import (
	"context"

	"github.com/docker/docker/api/types/container"
)

// Logging is how the daemon keeps the output of a container.
func (e *Engine) Logging(ctx context.Context, id string) (container.LogConfig, error) {
	in, err := e.api.ContainerInspect(ctx, id)
	if err != nil {
		return container.LogConfig{}, err
	}
	return in.HostConfig.LogConfig, nil
}
