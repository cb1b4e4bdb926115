package promote_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// keeping notes every record that the registry has confirmed.
type keeping struct {
	promote.Registry
	mu   *sync.Mutex
	kept map[string]registry.Record // by reference
}

func (k keeping) AppendRecord(ctx context.Context, repo string, rec registry.Record) (registry.Record, error) {
	rec, err := k.Registry.AppendRecord(ctx, repo, rec)
	if err == nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.kept[rec.Ref] = rec
	}
	return rec, err
}

// crowd is several that promote and roll back the same services at once.
type crowd struct {
	place
	places []promote.Place
	pool   []promote.Edge // by service, releases
	kept   keeping
}

const (
	services = 2
	releases = 4
)

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{place: open(t), kept: keeping{mu: &sync.Mutex{}, kept: map[string]registry.Record{}}}
	for i := range services {
		name := fmt.Sprintf("s%d", i)
		c.places = append(c.places, promote.Place{Service: name, Environment: "production", Repository: c.addr + "/prod/" + name, Tag: "live"})
		for range releases {
			e := c.edge(t, name)
			e.Environment, e.Repository, e.Tag = "production", c.places[i].Repository, "live"
			c.pool = append(c.pool, e)
		}
	}
	return c
}

// act does something at random, with a client that knows nothing of the others.
func (c *crowd) act(t *testing.T, random *rand.Rand) error {
	t.Helper()
	client := registry.New(registry.Options{})
	defer client.Close()
	reg := c.kept
	reg.Registry = client
	some := random.IntN(services)
	opts := promote.Options{}
	if random.IntN(3) > 0 {
		opts.Edges = []promote.Edge{c.pool[some*releases+random.IntN(releases)]}
		if random.IntN(2) > 0 { // both
			opts.Edges = append(opts.Edges, c.pool[(1-some)*releases+random.IntN(releases)])
		}
	} else {
		goal := promote.Goal{Steps: 1 + random.IntN(2), Forward: random.IntN(3) == 0}
		edges, err := promote.Back(t.Context(), reg, c.places[random.IntN(2):], goal)
		if err != nil {
			return err
		}
		opts.Edges, opts.Record.Action = edges, registry.Rollback
		opts.Gates = []promote.Gate{promote.Whole{Check: client.Whole}}
	}
	result, err := promote.Run(t.Context(), reg, opts)
	if refused := result.Refusals(); err == nil && len(refused) > 0 {
		err = errors.New(refused[0].Reason)
	}
	return err
}

// Whatever several do at once, every record stands and its digest can be
// pulled, and what runs is in the history.
func TestACrowdLeavesAHistory(t *testing.T) {
	const crowds, each = 4, 10
	c := newCrowd(t)
	var group sync.WaitGroup
	for seed := range uint64(crowds) {
		group.Go(func() {
			random := rand.New(rand.NewPCG(seed, 4)) // #nosec G404 -- it is to be the same every time
			for range each {
				err := c.act(t, random)
				// It may come too late, or find nothing to go back to.
				if side := fault.SideOf(err); err != nil && side != fault.Policy && side != fault.Usage {
					t.Errorf("seed %d: %v: %v", seed, side, err)
				}
			}
		})
	}
	group.Wait()
	if len(c.kept.kept) < crowds {
		t.Errorf("only %d records were kept", len(c.kept.kept))
	}
	for _, p := range c.places {
		c.check(t, p)
	}
}

// check looks at one service: records, digests, and what runs.
func (c *crowd) check(t *testing.T, p promote.Place) {
	t.Helper()
	records, err := c.History(t.Context(), p.Repository, p.Environment, 0)
	if err != nil {
		t.Fatal(err)
	}
	found, known := map[string]bool{}, map[string]bool{}
	for _, r := range records {
		found[r.Ref], known[r.Digest] = true, true
		if err := c.Whole(t.Context(), p.Repository+"@"+r.Digest); err != nil {
			t.Errorf("record %s: %v", r.Ref, err)
		}
	}
	for ref, r := range c.kept.kept {
		if r.Service == p.Service && !found[ref] {
			t.Errorf("record %s is lost", ref)
		}
	}
	if now := c.names(t, p.Repository+":"+p.Tag); now != "" && !known[now] {
		t.Errorf("%s runs %s, of which no record tells", p.Service, now)
	}
}
