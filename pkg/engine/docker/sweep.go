package docker

import (
	"context"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// Sweep removes containers, then networks, whose owner is dead. Ages are taken
// by the daemon's clock on both ends, so that machines with other clocks may
// share it.
func (e *Engine) Sweep(ctx context.Context) ([]string, error) {
	ours := filters.NewArgs(filters.Arg("label", owner.LabelRun))
	containers, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: ours})
	if err != nil {
		return nil, e.explain(ctx, "list containers", err)
	}
	networks, err := e.api.NetworkList(ctx, network.ListOptions{Filters: ours})
	if err != nil {
		return nil, e.explain(ctx, "list networks", err)
	}
	if len(containers)+len(networks) == 0 {
		return nil, nil
	}
	now, err := e.clock(ctx)
	if err != nil {
		return nil, err
	}

	var removed []string
	var errs *multierror.Error
	take := func(what string, err error) {
		if err != nil {
			errs = multierror.Append(errs, err)
			return
		}
		removed = append(removed, what)
	}
	for _, c := range containers {
		if dead(c.Labels, now.Sub(time.Unix(c.Created, 0))) {
			take("container "+nameOf(c), (&running{engine: e, id: c.ID}).Remove(ctx))
		}
	}
	for _, n := range networks {
		if dead(n.Labels, now.Sub(n.Created)) {
			take("network "+n.Name, (&privateNetwork{engine: e, id: n.ID}).Remove(ctx))
		}
	}
	return removed, many.Errors(errs)
}

// nameOf is the container's first name; one that is just being removed has none.
func nameOf(c container.Summary) string {
	if len(c.Names) == 0 {
		return c.ID
	}
	return strings.TrimPrefix(c.Names[0], "/")
}

func dead(labels map[string]string, age time.Duration) bool {
	o, ok := owner.Parse(labels)
	return ok && o.Dead(age)
}

// clock is the daemon's own time.
func (e *Engine) clock(ctx context.Context) (time.Time, error) {
	info, err := e.api.Info(ctx)
	if err != nil {
		return time.Time{}, e.explain(ctx, "ask for the time", err)
	}
	return time.Parse(time.RFC3339Nano, info.SystemTime)
}
