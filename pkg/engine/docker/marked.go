package docker

import (
	"context"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"github.com/retort-ci/retort/pkg/internal/owner"
)

// marked is a thing on the daemon that a run of retort made.
type marked struct {
	what    string
	labels  map[string]string
	created time.Time // zero when the daemon does not say
	remove  func(context.Context) error
}

// age is nought for a thing that the daemon gives no time for: it stays unless
// its owner is known to be dead.
func (m marked) age(now time.Time) time.Duration {
	if m.created.IsZero() {
		return 0
	}
	return now.Sub(m.created)
}

// marked lists what carries the label of a run, in the order in which it can be
// removed: a network and a volume are held by their containers.
func (e *Engine) marked(ctx context.Context) ([]marked, error) {
	ours := filters.NewArgs(filters.Arg("label", owner.LabelRun))
	var all []marked
	containers, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: ours})
	if err != nil {
		return nil, e.explain(ctx, "list containers", err)
	}
	for _, c := range containers {
		all = append(all, marked{"container " + nameOf(c), c.Labels, time.Unix(c.Created, 0), (&running{engine: e, id: c.ID}).Remove})
	}
	networks, err := e.api.NetworkList(ctx, network.ListOptions{Filters: ours})
	if err != nil {
		return nil, e.explain(ctx, "list networks", err)
	}
	for _, n := range networks {
		all = append(all, marked{"network " + n.Name, n.Labels, n.Created, (&privateNetwork{engine: e, id: n.ID}).Remove})
	}
	volumes, err := e.api.VolumeList(ctx, volume.ListOptions{Filters: ours})
	if err != nil {
		return nil, e.explain(ctx, "list volumes", err)
	}
	for _, v := range volumes.Volumes {
		// To the daemon it is as old as the last change of its root directory:
		// younger than it is, so that it stays too long rather than not enough.
		created, _ := time.Parse(time.RFC3339, v.CreatedAt)
		all = append(all, marked{"volume " + v.Name, v.Labels, created, (&sharedVolume{engine: e, name: v.Name}).Remove})
	}
	return all, nil
}

// nameOf is the container's first name; one that is just being removed has none.
func nameOf(c container.Summary) string {
	if len(c.Names) == 0 {
		return c.ID
	}
	return strings.TrimPrefix(c.Names[0], "/")
}
