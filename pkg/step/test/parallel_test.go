package test_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/step/test"
)

// crowd counts the containers that are there at once.
type crowd struct {
	mu        sync.Mutex
	now, most int
}

// member is a container of a crowd that takes a second to its end.
type member struct {
	still
	of *crowd
}

func (c *crowd) join() engine.Container {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now++
	c.most = max(c.most, c.now)
	return member{of: c}
}

func (m member) Wait(ctx context.Context) (int, error) {
	select {
	case <-time.After(time.Second):
		return 0, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (m member) Remove(context.Context) error {
	m.of.mu.Lock()
	defer m.of.mu.Unlock()
	m.of.now--
	return nil
}

// As many run at once as may, and never more. Time passes only while all wait,
// so that the seconds say that no place was left empty.
func TestParallel(t *testing.T) {
	for _, c := range []struct{ parallel, suites, shards, most, seconds int }{
		{parallel: 1, suites: 3, most: 1, seconds: 3},
		{parallel: 3, suites: 10, most: 3, seconds: 4},
		{parallel: 8, suites: 5, most: 5, seconds: 1},
		{parallel: 0, suites: 9, most: test.DefaultParallel, seconds: 3},
		{parallel: -1, suites: 9, most: test.DefaultParallel, seconds: 3},
		{parallel: 2, suites: 2, shards: 3, most: 2, seconds: 3}, // each shard takes a place
	} {
		t.Run(fmt.Sprintf("%d of %d in %d shards", c.parallel, c.suites, c.shards), func(t *testing.T) {
			opts := test.Options{Parallel: c.parallel}
			for i := range c.suites {
				s := test.Suite{Name: fmt.Sprintf("s%d", i)}
				for k := range c.shards {
					s.Shards = append(s.Shards, test.Shard{Index: k + 1, Total: c.shards})
				}
				opts.Suites = append(opts.Suites, s)
			}
			synctest.Test(t, func(t *testing.T) {
				all, begun := &crowd{}, time.Now()
				result, err := test.Run(t.Context(), fake{all.join}, opts)
				if err != nil || !result.Passed() {
					t.Fatalf("passed %v, %v", result.Passed(), err)
				}
				took := time.Since(begun)
				if all.most != c.most || took != time.Duration(c.seconds)*time.Second {
					t.Errorf("at most %d at once in %s, want %d in %d s", all.most, took, c.most, c.seconds)
				}
			})
		})
	}
}
