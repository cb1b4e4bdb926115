package buildkit

import (
	"context"
	"time"

	"github.com/moby/buildkit/client"
)

// tidyLimit is how long the daemon may take to give up what was made for a look.
const tidyLimit = 10 * time.Second

// residue notes the records of opened images in the daemon's build cache, and
// gives the function that removes those made since. Such a record takes no space
// while the image is there, but would hold its layers when the image is removed,
// where nobody looks for them. One that a build has made meanwhile is no loss: it
// is made again as fast, and while it is in use it stays.
func residue(ctx context.Context, conn *client.Client) (tidy func(), err error) {
	before, err := opened(ctx, conn)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, record := range before {
		known[record.ID] = true
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyLimit)
		defer cancel()
		after, err := opened(ctx, conn)
		if err != nil {
			return
		}
		var made []string // filters are joined by OR; those of Prune know no description
		for _, record := range after {
			if !known[record.ID] {
				made = append(made, "id=="+record.ID)
			}
		}
		if len(made) > 0 { // without PruneAll, what an image has in common is left
			_ = conn.Prune(ctx, nil, client.PruneAll, client.WithFilter(made))
		}
	}, nil
}

// opened are the records of images that were opened from the daemon's own store,
// by the words that a Docker daemon has for them; BuildKit's own pulls have
// others.
func opened(ctx context.Context, conn *client.Client) ([]*client.UsageInfo, error) {
	return conn.DiskUsage(ctx, client.WithFilter([]string{`description=="from local "`}))
}
