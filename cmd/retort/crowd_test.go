package main

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/registry/serve"
)

// Processes that promote to one name at once leave a history in which every
// digest can be pulled, and which explains the name.
func TestACrowdOfProcesses(t *testing.T) {
	t.Parallel()
	server, err := serve.Listen(t.Context(), serve.Options{Dir: t.TempDir(), Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	c := registry.New(registry.Options{})
	t.Cleanup(c.Close)
	repository := server.Addr() + "/prod/app"
	var pool []string
	for range 3 {
		img, err := random.Image(64, 2)
		if err != nil {
			t.Fatal(err)
		}
		pushed, err := c.Push(t.Context(), img, server.Addr()+"/shop/app:candidate")
		if err != nil {
			t.Fatal(err)
		}
		pool = append(pool, pushed.Ref())
	}
	promoted := crowdOf(t, pool, repository+":live")
	records, err := c.History(t.Context(), repository, "live", 0)
	if err != nil || len(records) < promoted {
		t.Errorf("%d records of %d promotions, %v", len(records), promoted, err)
	}
	known := map[string]bool{}
	for _, r := range records {
		known[r.Digest] = true
		if err := c.Whole(t.Context(), repository+"@"+r.Digest); err != nil {
			t.Error(err)
		}
	}
	now, err := c.Resolve(t.Context(), repository+":live")
	if err != nil || !known[now.Digest.String()] {
		t.Errorf("it is %s, of which no record tells, %v", now.Digest, err)
	}
}

// crowdOf runs processes that promote at random, and gives how many said that
// they moved the name. Those that come too late may be refused.
func crowdOf(t *testing.T, pool []string, to string) (promoted int) {
	t.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	for seed := range uint64(3) {
		group.Go(func() {
			random := rand.New(rand.NewPCG(seed, 4)) // #nosec G404 -- it is to be the same every time
			for range 4 {
				cmd := exec.CommandContext(t.Context(), "retort", "promote", pool[random.IntN(len(pool))], "--to", to, "--output", "json")
				cmd.Dir = t.TempDir()
				cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GORACE=atexit_sleep_ms=0"}
				var stderr strings.Builder
				cmd.Stderr = &stderr
				stdout, err := cmd.Output()
				if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 4) {
					t.Errorf("seed %d: %v\n%s", seed, err, stderr.String())
				}
				if err == nil && strings.Contains(string(stdout), `"moved": true`) {
					mu.Lock()
					promoted++
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	return promoted
}
