package buildkit

import (
	"context"
	"time"

	"github.com/moby/buildkit/client"
)

// tidyLimit is how long the daemon may take to give up what was made for a look.
const tidyLimit = 10 * time.Second

// residue notes what the daemon's build cache holds, and gives the function that
// removes what has come since by opening images of its own store. Such a record
// takes no space while the image is there, but would hold its layers when the
// image is removed, where nobody looks for them. One that another build has made
// meanwhile is no loss: it is made again as fast.
func residue(ctx context.Context, conn *client.Client) (tidy func(), err error) {
	was, err := records(ctx, conn)
	if err != nil {
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyLimit)
		defer cancel()
		now, err := records(ctx, conn)
		if err != nil {
			return
		}
		var filter []string
		for id := range now {
			if !was[id] {
				filter = append(filter, "id=="+id)
			}
		}
		if len(filter) > 0 {
			// Without PruneAll, what an image has in common is left.
			_ = conn.Prune(ctx, nil, client.PruneAll, client.WithFilter(filter))
		}
	}, nil
}

// openedLocal is how a Docker daemon describes the record of an image that was
// opened from its own store; BuildKit's own pulls have other words.
const openedLocal = "from local "

// records are those of opened images, by their IDs.
func records(ctx context.Context, conn *client.Client) (map[string]bool, error) {
	usage, err := conn.DiskUsage(ctx)
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, u := range usage {
		if u.Description == openedLocal {
			ids[u.ID] = true
		}
	}
	return ids, nil
}
