package buildkit

import (
	"context"
	"time"

	"github.com/moby/buildkit/client"
)

// tidyLimit is how long the daemon may take to say what was made for a look, and to
// give it up.
const tidyLimit = 10 * time.Second

// residue is what a look makes in the daemon's build cache: records of opened
// images. Such a record takes no space while the image is there, but would hold its
// layers when the image is removed, where nobody looks for them. One that a build
// has made meanwhile is no loss: it is made again as fast, and while it is in use
// it stays.
type residue struct {
	conn          *client.Client
	before, after func() ([]*client.UsageInfo, error) // the daemon is asked beside other work
}

func watchResidue(ctx context.Context, conn *client.Client) *residue {
	return &residue{conn: conn, before: opened(ctx, conn)}
}

// around calls open between the questions for the records before it and after it.
func (r *residue) around(ctx context.Context, open func() (*unpacked, error)) (*unpacked, error) {
	if _, err := r.before(); err != nil {
		return nil, err
	}
	image, err := open()
	r.after = opened(context.WithoutCancel(ctx), r.conn)
	return image, err
}

// tidy removes the records that were made in between.
func (r *residue) tidy(ctx context.Context) {
	before, err := r.before()
	if err != nil || r.after == nil {
		return
	}
	after, err := r.after()
	if err != nil {
		return
	}
	known := map[string]bool{}
	for _, record := range before {
		known[record.ID] = true
	}
	var made []string // filters are joined by OR; those of Prune know no description
	for _, record := range after {
		if !known[record.ID] {
			made = append(made, "id=="+record.ID)
		}
	}
	if len(made) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyLimit)
	defer cancel()
	// Without PruneAll, what an image has in common is left.
	_ = r.conn.Prune(ctx, nil, client.PruneAll, client.WithFilter(made))
}

// opened asks for the records of images that were opened from the daemon's own
// store, by the words that a Docker daemon has for them; BuildKit's own pulls have
// others. The answer is waited for by the function, which must be called.
func opened(ctx context.Context, conn *client.Client) func() ([]*client.UsageInfo, error) {
	var records []*client.UsageInfo
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(ctx, tidyLimit)
		defer cancel()
		records, err = conn.DiskUsage(ctx, client.WithFilter([]string{`description=="from local "`}))
	}()
	return func() ([]*client.UsageInfo, error) {
		<-done
		return records, err
	}
}
