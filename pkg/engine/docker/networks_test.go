package docker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// There may be more networks than the daemon's address pools hold.
func TestMoreNetworksThanThePoolsHold(t *testing.T) {
	const many = 40 // the pools hold about 30
	e, run := dockertest.Open(t), owner.Self(time.Hour)
	t.Cleanup(func() {
		if err := e.Clear(context.WithoutCancel(t.Context()), run.Run); err != nil {
			t.Error(err)
		}
	})
	networks := make([]engine.Network, many)
	var g errgroup.Group
	for i := range networks {
		g.Go(func() (err error) {
			networks[i], err = e.CreateNetwork(t.Context(), engine.NetworkSpec{
				Name: fmt.Sprintf("retort-%s-%d", run.Run, i), Labels: run.Labels(),
			})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	subnets, err := e.Subnets(t.Context(), run.Run)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range subnets {
		seen[s] = true
	}
	if len(seen) != many {
		t.Errorf("%d networks have the subnets %v", many, subnets)
	}
	for _, n := range networks {
		if err := n.Remove(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if left, err := e.Left(t.Context(), run.Run); err != nil || len(left) > 0 {
		t.Errorf("left on the engine: %v, %v", left, err)
	}
}

// crowdedDaemon refuses the first request for a network, and those with a
// subnet by the status given.
func crowdedDaemon(first int, then ...int) (create http.HandlerFunc, asked func() []string) {
	var mu sync.Mutex
	var subnets []string
	answers := append([]int{first}, then...)
	return func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			IPAM struct{ Config []struct{ Subnet string } }
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			answer(w, http.StatusBadRequest, `{"message":"no JSON"}`)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		status := answers[min(len(subnets), len(answers)-1)]
		subnets = append(subnets, fmt.Sprint(request.IPAM.Config))
		answer(w, status, fmt.Sprintf(`{"Id":"f00d","message":"status %d"}`, status))
	}, func() []string { mu.Lock(); defer mu.Unlock(); return subnets }
}

// What a daemon says with empty pools differs: 404 with Engine 20.10, 400 with
// younger ones. 403 is a subnet that overlaps.
func TestNetworkBesideThePools(t *testing.T) {
	for name, c := range map[string]struct {
		answers []int
		asked   int
		side    fault.Side // 0: created
	}{
		"20.10":         {[]int{404, 201}, 2, 0},
		"younger":       {[]int{400, 201}, 2, 0},
		"overlaps":      {[]int{404, 403, 403, 201}, 4, 0},
		"name taken":    {[]int{409}, 1, fault.Infrastructure},
		"not the pools": {[]int{400, 400}, 2, fault.Usage},
		"no room":       {[]int{404, 403}, 17, fault.Infrastructure},
	} {
		t.Run(name, func(t *testing.T) {
			create, asked := crowdedDaemon(c.answers[0], c.answers[1:]...)
			e := fake(t, map[string]http.HandlerFunc{
				"POST /networks/create": create,
				"GET /networks": func(w http.ResponseWriter, _ *http.Request) {
					answer(w, http.StatusOK, `[{"Name":"a","Labels":{"com.docker.compose.project":"shop"}},{"Name":"b"}]`)
				},
			})
			n, err := e.CreateNetwork(t.Context(), engine.NetworkSpec{Name: "unit"})
			if (err == nil) != (c.side == 0) || err != nil && fault.SideOf(err) != c.side {
				t.Errorf("gave %v, error %v on side %v", n, err, fault.SideOf(err))
			}
			if got := asked(); len(got) != c.asked || got[0] != "[]" || len(got) > 1 && !strings.Contains(got[1], "198.1") {
				t.Errorf("asked for %v", got)
			}
			if name == "no room" {
				wantCrowd(t, err)
			}
		})
	}
}

func wantCrowd(t *testing.T, err error) {
	t.Helper()
	for _, want := range []string{"unit", "status 404", "2 networks", "1 of compose project shop", "1 of network b"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if fault.HintOf(err) == "" {
		t.Error("no way out")
	}
	if errors.Is(err, engine.ErrUnavailable) {
		t.Error("the daemon is there")
	}
}
