package promote_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	ggcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/direct"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// answers gives one status to all requests that match.
func answers(status int, match func(*http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !match(r) {
			return false
		}
		w.WriteHeader(status)
		return true
	}
}

func writesTo(part string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return r.Method != http.MethodGet && r.Method != http.MethodHead && strings.Contains(r.URL.Path, part)
	}
}

func readsFrom(part string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == http.MethodGet && strings.Contains(r.URL.Path, part) }
}

// body answers requests that match with other bytes.
func body(mediaType string, raw []byte, match func(*http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !match(r) {
			return false
		}
		w.Header().Set("Content-Type", mediaType)
		_, _ = w.Write(raw)
		return true
	}
}

func mounts(r *http.Request) bool { return r.URL.Query().Has("mount") }

// bursts lets the first requests of every method and path fail, in turn with
// each of the statuses. All uploads have one path.
func bursts(n int, statuses ...int) func(http.ResponseWriter, *http.Request) bool {
	var mu sync.Mutex
	seen := map[string]int{}
	return func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		what, _, _ := strings.Cut(r.Method+r.URL.Path, "/uploads/")
		seen[what]++
		if seen[what] > n {
			return false
		}
		if status := statuses[seen[what]%len(statuses)]; status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(status)
		} else {
			w.WriteHeader(status)
		}
		return true
	}
}

const (
	ociManifest = "application/vnd.oci.image.manifest.v1+json"
	schema1     = "application/vnd.docker.distribution.manifest.v1+json"
)

// A unit of two services enters a registry that has every fault there is. Either
// both have moved and have records, or none has and the error says what became
// of each; and as soon as the registry is well again, the same command does it.
func TestBadRegistries(t *testing.T) {
	for what, test := range map[string]struct {
		bad   func(http.ResponseWriter, *http.Request) bool
		moves bool
		says  string
	}{
		"bursts of 502":             {bursts(2, 502), true, ""},
		"429, and the time to wait": {bursts(1, 429), true, ""},
		"all of them":               {bursts(3, 500, 429, 503, 408, 504), true, ""},
		"without mount":             {answers(400, mounts), true, ""},
		"without referrers":         {answers(404, readsFrom("/referrers/")), true, ""},
		"without delete":            {answers(405, func(r *http.Request) bool { return r.Method == http.MethodDelete }), true, ""},
		"read only":                 {answers(403, writesTo("/prod/orders/")), false, "refuses access to repository prod/orders"},
		"immutable tags":            {answers(409, writesTo("/prod/orders/manifests/live")), false, "cannot be moved"},
		"full, at once":             {answers(507, writesTo("/prod/orders/")), false, "507"},
		"full, at the name":         {answers(500, writesTo("/prod/orders/manifests/live")), false, "500"},
		"full, in the middle":       {answers(507, writesTo("/prod/orders/blobs/uploads/")), false, "507"},
		"a wrong manifest":          {body(ociManifest, []byte("{}"), readsFrom("/v2/orders/manifests/sha256:")), false, "do not match their digest"},
		"a manifest of 10 MB":       {body(ociManifest, bytes.Repeat([]byte(" "), 10<<20), readsFrom("/v2/orders/manifests/sha256:")), false, "bytes or more"},
		"schema 1":                  {body(schema1, []byte(`{"schemaVersion":1}`), readsFrom("/v2/orders/manifests/sha256:")), false, "digest"},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { meets(t, test.bad, test.moves, test.says) })
		})
	}
}

// meets promotes from one registry to another, of which each has the fault.
func meets(t *testing.T, bad func(http.ResponseWriter, *http.Request) bool, moves bool, says string) {
	t.Helper()
	quiet := ggcr.Logger(log.New(io.Discard, "", 0))
	wire := &direct.Transport{Next: ggcr.New(quiet, ggcr.WithReferrersSupport(true))}
	live := func() place {
		c := registry.New(registry.Options{Transport: wire})
		t.Cleanup(c.Close)
		return place{c, "registry.example.com"}
	}
	u := newUnit(t, live()).in(t, live(), "prod")
	later()
	wire.Answer = bad
	result, err := promote.Run(t.Context(), live(), promote.Options{Edges: u.now})
	wire.Answer = nil
	if moves {
		if err != nil {
			t.Fatal(err)
		}
		u.runs(t, live(), u.now, registry.Promote)
		return
	}
	if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(fmt.Sprint(err, fault.DetailOf(err)), says) {
		t.Errorf("%v: %v", fault.SideOf(err), err)
	}
	for i, m := range result.Moves {
		if m.Moved {
			t.Errorf("%s: %s", m.Service, m.State())
		}
		if records := live().records(t, u.old[i]); len(records) != 1 {
			t.Errorf("%s has records %+v", m.Service, records)
		}
	}
	u.runs(t, live(), u.old, registry.Promote)
	later()
	run(t, live(), nil, u.now...)
	u.runs(t, live(), u.now, registry.Promote)
}

// later lets the bubble's clock go on, which stands still while anyone works:
// records of one moment have no order.
func later() { time.Sleep(time.Second) }
