package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/retort-ci/retort/pkg/registry"
)

// crowded is a project of two services that enter and leave as one, into
// repositories of their own.
const crowded = `name: crowd
services:
  billing: { build: ., image: $REGISTRY/shop/billing }
  orders: { build: ., image: $REGISTRY/shop/orders }
x-retort:
  environments:
    live: { repository: "$REGISTRY/prod/{{.Service}}" }
`

// crowd is several processes at once that promote and roll back the project, each
// of them from a machine of its own: they share the registry alone.
type crowd struct {
	addr     string
	client   *registry.Client
	services []string
	releases []map[string]string // a release's digests by service

	mu        sync.Mutex
	random    *rand.Rand // when and whom to kill; nil for nobody
	living    []*exec.Cmd
	confirmed map[feat]int // how often a process said so
	ended     map[string]int
}

// feat is what a record tells of.
type feat struct {
	action          registry.Action
	service, digest string
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{services: []string{"billing", "orders"}, confirmed: map[feat]int{}, ended: map[string]int{}}
	c.addr = serveBehind(t, t.TempDir(), func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		c.perhapsKill() // before what it asked for is done
		next.ServeHTTP(w, r)
		c.perhapsKill() // after it, but before it knows
	})
	c.client = registry.New(registry.Options{})
	t.Cleanup(c.client.Close)
	for i := range 4 {
		release := map[string]string{}
		for _, service := range c.services {
			img, err := random.Image(64, 2)
			if err != nil {
				t.Fatal(err)
			}
			pushed, err := c.client.Push(t.Context(), img, c.addr+"/shop/"+service+":git-"+commitOfRelease(i))
			if err != nil {
				t.Fatal(err)
			}
			release[service] = pushed.Digest
		}
		c.releases = append(c.releases, release)
	}
	return c
}

// commitOfRelease is what the release was built from.
func commitOfRelease(i int) string { return strings.Repeat(strconv.Itoa(i), 40) }

// perhapsKill kills one of those that live: who asks now, or another.
func (c *crowd) perhapsKill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.random == nil || len(c.living) == 0 || c.random.IntN(60) > 0 {
		return
	}
	_ = c.living[c.random.IntN(len(c.living))].Process.Kill() // it may just have ended
}

// wish is a command at random: a promotion of a release or a rollback, there or
// back by steps, of both services or one.
func (c *crowd) wish(random *rand.Rand) (release int, args []string) {
	release = random.IntN(len(c.releases))
	switch random.IntN(5) {
	case 0, 1:
		args = []string{"promote", "--to", "live"}
	case 2, 3:
		args = []string{"rollback", "--in", "live", "--to", strconv.Itoa(1 + random.IntN(2))}
	default:
		args = []string{"rollback", "--in", "live", "--forward"}
	}
	if random.IntN(3) == 0 {
		args = slices.Insert(args, 1, c.services[random.IntN(len(c.services))])
	}
	return release, args
}

// act lets processes do what they wish, several at once, and each again and again.
func (c *crowd) act(t *testing.T, seed uint64, crowds, each int) {
	t.Helper()
	var group sync.WaitGroup
	for i := range uint64(crowds) {
		group.Go(func() {
			random := rand.New(rand.NewPCG(seed, i)) // #nosec G404 -- it is to be the same for a seed
			for n := range each {
				release, args := c.wish(random)
				if n == 0 { // or nobody might
					args = []string{"promote", "--to", "live"}
				}
				code, said := c.run(t, release, args...)
				// It may come too late, or find nothing to go back to.
				if code != 0 && code != 2 && code != 4 && (code != -1 || c.random == nil) {
					t.Errorf("retort %s: exit code %d\n%s", strings.Join(args, " "), code, said)
				}
			}
		})
	}
	group.Wait()
}

// run runs retort on a machine that has the project and nothing else, and gives
// its exit code, -1 when it was killed, and what it told on stderr.
func (c *crowd) run(t *testing.T, release int, args ...string) (code int, said string) {
	t.Helper()
	dir := t.TempDir()
	text := strings.ReplaceAll(crowded, "$REGISTRY", c.addr)
	if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(text), 0o600); err != nil {
		t.Error(err)
	}
	cmd := exec.CommandContext(t.Context(), "retort", append(args, "--output", "json")...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GORACE=atexit_sleep_ms=0",
		"TRAVIS=true", "TRAVIS_EVENT_TYPE=push", "TRAVIS_COMMIT=" + commitOfRelease(release),
	}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return 1, ""
	}
	c.mu.Lock()
	c.living = append(c.living, cmd)
	c.mu.Unlock()
	err := cmd.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.living = slices.DeleteFunc(c.living, func(other *exec.Cmd) bool { return other == cmd })
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err == nil {
		err = c.believe(registry.Action(args[0]), stdout.String())
	}
	if err != nil && code == 0 {
		t.Error(err)
	}
	c.ended[fmt.Sprint(args[0], " ", code)]++
	return code, stderr.String()
}

// believe notes what a process says it moved.
func (c *crowd) believe(action registry.Action, said string) error {
	var doc struct{ Moves []moveDoc }
	if err := json.Unmarshal([]byte(said), &doc); err != nil {
		return fmt.Errorf("%w in %q", err, said)
	}
	for _, m := range doc.Moves {
		if m.Moved {
			c.confirmed[feat{action, m.Service, m.Digest}]++
		}
	}
	return nil
}

// check fails the test unless every record's digest can be pulled and every move
// that a process confirmed has a record. It gives the digests of the records.
func (c *crowd) check(t *testing.T) (known map[feat]int) {
	t.Helper()
	known = map[feat]int{}
	for _, service := range c.services {
		repository := c.addr + "/prod/" + service
		records, err := c.client.History(t.Context(), repository, "live", 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			known[feat{r.Action, service, r.Digest}]++
			if err := c.client.Whole(t.Context(), repository+"@"+r.Digest); err != nil {
				t.Errorf("record %s: %v", r.Ref, err)
			}
			if r.Service != service || !slices.ContainsFunc(c.releases, func(release map[string]string) bool { return release[service] == r.Digest }) {
				t.Errorf("%s has the record %+v", service, r)
			}
		}
	}
	for f, n := range c.confirmed {
		if known[f] < n {
			t.Errorf("%d of %d records of %+v are lost", n-known[f], n, f)
		}
	}
	return known
}

// runs gives the digests that the names have.
func (c *crowd) runs(t *testing.T) map[string]string {
	t.Helper()
	now := map[string]string{}
	for _, service := range c.services {
		desc, err := c.client.Resolve(t.Context(), c.addr+"/prod/"+service+":live")
		if errors.Is(err, registry.ErrNotFound) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		now[service] = desc.Digest.String()
	}
	return now
}

// explained fails the test unless a record tells of what each name has.
func (c *crowd) explained(t *testing.T, known map[feat]int) {
	t.Helper()
	for service, digest := range c.runs(t) {
		if known[feat{registry.Promote, service, digest}]+known[feat{registry.Rollback, service, digest}] == 0 {
			t.Errorf("%s runs %s, of which no record tells", service, digest)
		}
	}
}

// seedOf is another for each run, unless one that has failed is to be run again.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64() // #nosec G404 -- it is printed
	if text := os.Getenv("RETORT_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("RETORT_TEST_SEED=%d", seed)
	return seed
}

// Processes that promote and roll back at once, two services as one or one alone,
// leave a history in which every digest can be pulled, which has all that they
// confirmed, and which explains the names.
func TestACrowdOfProcesses(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	each := 12
	if testing.Short() {
		each = 5
	}
	c.act(t, seedOf(t), 3, each)
	t.Log(c.ended)
	if c.ended["promote 0"] == 0 || len(c.confirmed) == 0 {
		t.Errorf("nobody got through: %v", c.ended)
	}
	c.explained(t, c.check(t))
}

// So do those of which some are killed, wherever they are. What they left between
// name and record, the next promotion completes, and from there it goes back and
// forth as always.
func TestACrowdOfMortalProcesses(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	seed, each := seedOf(t), 20
	if testing.Short() {
		each = 7
	}
	c.random = rand.New(rand.NewPCG(seed, 1<<32)) // #nosec G404 -- it is to be the same for a seed
	c.act(t, seed, 3, each)
	c.mu.Lock()
	c.random = nil
	c.mu.Unlock()
	t.Log(c.ended)
	if c.ended["promote -1"]+c.ended["rollback -1"] == 0 {
		t.Error("nobody was killed")
	}
	c.check(t)
	for service, digest := range c.runs(t) {
		if err := c.client.Whole(t.Context(), c.addr+"/prod/"+service+"@"+digest); err != nil {
			t.Error(err)
		}
	}
	for _, then := range []struct {
		args    []string
		release int
	}{
		{[]string{"promote", "--to", "live"}, 0},
		{[]string{"promote", "--to", "live"}, 1},
		{[]string{"rollback", "--in", "live"}, 0},
		{[]string{"rollback", "--in", "live", "--forward"}, 1},
	} {
		if code, said := c.run(t, then.release, then.args...); code != 0 {
			t.Errorf("retort %s: exit code %d\n%s", strings.Join(then.args, " "), code, said)
		}
		if now := c.runs(t); !maps.Equal(now, c.releases[then.release]) {
			t.Errorf("after %s it runs %v, want %v", then.args[0], now, c.releases[then.release])
		}
		c.explained(t, c.check(t))
	}
}
