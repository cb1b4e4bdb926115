package registry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/retort-ci/retort/pkg/progress"
)

// DefaultRetryFor is how long a request that fails is tried again when nobody
// says otherwise.
const DefaultRetryFor = 2 * time.Minute

const (
	firstWait = 250 * time.Millisecond
	maxWait   = 20 * time.Second
)

// patience is how long one piece of work is tried again: until the client's
// budget has passed since it first failed without getting on.
type patience struct {
	client *Client
	host   *host
	what   string // for the warning
	since  time.Time
	tries  int
	heads  int // of them, after an answer whose head could not be read
}

func (c *Client) patience(a attempt) *patience {
	return &patience{client: c, host: c.host(a.repo), what: a.doing + " " + show(a.ref)}
}

// gotOn begins the budget anew: what failed before has been overcome.
func (p *patience) gotOn() { p.since, p.tries, p.heads = time.Time{}, 0, 0 }

// wait sleeps before another try and gives nil, or gives the error to end with:
// err itself when trying again makes no sense or the budget is spent.
func (p *patience) wait(ctx context.Context, err error) error {
	if ctx.Err() != nil || !p.mayPass(err) {
		return err
	}
	now := time.Now()
	if p.since.IsZero() {
		p.since = now
	}
	p.tries++
	after, enough := p.after(err, p.client.retryFor-now.Sub(p.since))
	if !enough {
		return err
	}
	p.client.sink.Emit(progress.Event{
		Kind: progress.Warning, Stage: p.client.stage, Subject: p.client.subject, Err: err,
		Text: fmt.Sprintf("%s failed for now, trying again in %s: %v", p.what, after.Round(10*time.Millisecond), err),
	})
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w, after %w", ctx.Err(), err)
	}
}

// mayPass says whether it makes sense to try again after err.
func (p *patience) mayPass(err error) bool {
	if transient(err, p.host.answered.Load()) {
		return true
	}
	if !headless(err) {
		return false
	}
	p.heads++
	return p.heads <= headTries
}

// after is the time to wait: twice as long at every try, give or take a half so
// that many clients do not come back as one. What the registry asked for comes
// before that, and they do not then either. It is false when the longer of the
// two is more than is left.
func (p *patience) after(err error, left time.Duration) (wait time.Duration, enough bool) {
	wait = min(firstWait<<min(p.tries-1, 10), maxWait)
	wait = wait/2 + rand.N(wait)
	asked := time.Duration(0)
	if later, ok := errors.AsType[*laterError](err); ok {
		asked = later.after
	}
	return min(asked+wait, left), max(asked, wait) <= left
}

// trying does try, again for as long as that makes sense, and explains what it
// failed with.
func (c *Client) trying(ctx context.Context, a attempt, try func() error) error {
	p := c.patience(a)
	for {
		err := try()
		if err == nil {
			return nil
		}
		if err = p.wait(ctx, err); err != nil {
			return c.explain(a, err)
		}
	}
}
