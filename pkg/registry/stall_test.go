package registry_test

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	ggcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/direct"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// hanging is a transport of which some requests hang until they are ended.
type hanging struct {
	next http.RoundTripper
	hang func(*http.Request) string // "answer", "body", or "" for none
}

func (h hanging) RoundTrip(req *http.Request) (*http.Response, error) {
	where := h.hang(req)
	if where == "answer" {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	resp, err := h.next.RoundTrip(req)
	if err == nil && where == "body" {
		resp.Body = io.NopCloser(io.MultiReader(io.LimitReader(resp.Body, 3), silent{req}))
	}
	return resp, err
}

// silent is a body that never comes.
type silent struct{ req *http.Request }

func (s silent) Read([]byte) (int, error) {
	<-s.req.Context().Done()
	return 0, s.req.Context().Err()
}

// first is true once, for the first request that is like that.
func first(method, path string) func(*http.Request) bool {
	var seen atomic.Bool
	return func(r *http.Request) bool {
		return r.Method == method && strings.Contains(r.URL.Path, path) && seen.CompareAndSwap(false, true)
	}
}

// What hangs is given up and tried again, inside the budget.
func TestConnectionsThatHang(t *testing.T) {
	for _, at := range []struct{ where, method, path string }{
		{"answer", http.MethodHead, "/manifests/"},
		{"answer", http.MethodGet, "/manifests/"},
		{"body", http.MethodGet, "/manifests/"},
		{"body", http.MethodGet, "/blobs/"},
		{"answer", http.MethodPost, "/blobs/uploads/"},
	} {
		t.Run(at.where+" "+at.method+at.path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hangs, events := first(at.method, at.path), &recorder{}
				c := clientWith(t, registry.Options{Progress: events, Transport: hanging{
					next: direct.Transport{Next: ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))},
					hang: func(r *http.Request) string {
						if hangs(r) {
							return at.where
						}
						return ""
					},
				}})
				img := pushed(t, c, away)
				got, err := c.Image(t.Context(), away, nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := got.RawConfigFile(); err != nil || digestOf(t, got) != digestOf(t, img) {
					t.Error(err)
				}
				if told := events.of(progress.Warning); len(told) != 1 || !strings.Contains(told[0].Text, "silent for 1m0s") {
					t.Errorf("told: %+v", told)
				}
			})
		})
	}
}

// One that always hangs fails when the budget has passed, on the right side.
func TestARegistryThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clientWith(t, registry.Options{Transport: hanging{hang: func(*http.Request) string { return "answer" }}})
		begun := time.Now()
		_, err := c.Resolve(t.Context(), away)
		if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), "silent") {
			t.Errorf("%v: %v", fault.SideOf(err), err)
		}
		if took := time.Since(begun); took > registry.DefaultRetryFor+2*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

// slow is a transport that takes a byte every 50 seconds, and ten minutes more
// to answer what it was sent.
type slow struct{ next http.RoundTripper }

func (s slow) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return s.next.RoundTrip(req)
	}
	var taken bytes.Buffer
	for {
		_, err := io.CopyN(&taken, req.Body, 1)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if !wait(req, 50*time.Second) {
			return nil, req.Context().Err()
		}
	}
	_ = req.Body.Close()
	if !wait(req, 10*time.Minute) {
		return nil, req.Context().Err()
	}
	sent := req.Clone(req.Context())
	sent.Body = io.NopCloser(&taken)
	return s.next.RoundTrip(sent)
}

// wait is true when the request was not ended meanwhile.
func wait(req *http.Request, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-req.Context().Done():
		return false
	}
}

// What is slow may take as long as it likes.
func TestSlowUploadsAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := &recorder{}
		c := clientWith(t, registry.Options{Progress: events, Transport: slow{direct.Transport{Next: ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))}}})
		pushed(t, c, away)
		begun := time.Now()
		desc, err := c.Attach(t.Context(), away, registry.Artifact{
			Type: "application/vnd.example", MediaType: "text/plain", Data: bytes.Repeat([]byte("x"), 100),
		})
		if err != nil || desc.Size == 0 {
			t.Fatal(err)
		}
		if told := events.of(progress.Warning); len(told) != 0 {
			t.Errorf("told: %+v", told)
		}
		if took := time.Since(begun); took < 2*time.Hour {
			t.Errorf("it took %s only", took)
		}
	})
}

// fetching is a transport that has a blob brought from elsewhere, whole, before
// it answers, as a proxy may.
type fetching struct{ next http.RoundTripper }

func (f fetching) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet && strings.Contains(req.URL.Path, "/blobs/") && !wait(req, 10*time.Minute) {
		return nil, req.Context().Err()
	}
	return f.next.RoundTrip(req)
}

// A blob that a proxy fetches first may take as long as one that is sent.
func TestProxiesThatFetchFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := &recorder{}
		c := clientWith(t, registry.Options{Progress: events, Transport: fetching{direct.Transport{Next: ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))}}})
		pushed(t, c, away)
		img, err := c.Image(t.Context(), away, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := img.RawConfigFile(); err != nil {
			t.Error(err)
		}
		if told := events.of(progress.Warning); len(told) != 0 {
			t.Errorf("told: %+v", told)
		}
	})
}
