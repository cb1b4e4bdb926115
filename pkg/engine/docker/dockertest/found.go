package dockertest

import (
	"context"
	"fmt"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"github.com/retort-ci/retort/pkg/internal/owner"
)

// OfSuite names the containers, networks and volumes of retort's that are on the
// daemon for a suite, whichever run made them.
func (e *Engine) OfSuite(ctx context.Context, suite string) ([]string, error) {
	return e.found(ctx, filters.NewArgs(filters.Arg("label", owner.LabelSuite+"="+suite)))
}

// found names what has the labels, less images.
func (e *Engine) found(ctx context.Context, labels filters.Args) ([]string, error) {
	var all []string
	containers, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: labels})
	if err != nil {
		return nil, err
	}
	for _, c := range containers {
		all = append(all, fmt.Sprintf("container %v", c.Names))
	}
	networks, err := e.api.NetworkList(ctx, network.ListOptions{Filters: labels})
	if err != nil {
		return nil, err
	}
	for _, n := range networks {
		all = append(all, "network "+n.Name)
	}
	volumes, err := e.api.VolumeList(ctx, volume.ListOptions{Filters: labels})
	for _, v := range volumes.Volumes {
		all = append(all, "volume "+v.Name)
	}
	return all, err
}
