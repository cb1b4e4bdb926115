package dockertest

import (
	"context"

	"github.com/docker/docker/api/types/network"
)

// Subnets are those of the run's networks.
func (e *Engine) Subnets(ctx context.Context, run string) ([]string, error) {
	networks, err := e.api.NetworkList(ctx, network.ListOptions{Filters: of(run)})
	var subnets []string
	for _, n := range networks {
		for _, config := range n.IPAM.Config {
			subnets = append(subnets, config.Subnet)
		}
	}
	return subnets, err
}
