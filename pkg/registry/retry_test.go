package registry_test

import (
	"context"
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

// bubble runs the test in a bubble, with a client whose registry answers some
// requests as told.
func bubble(t *testing.T, answer func(w http.ResponseWriter, r *http.Request) bool, test func(t *testing.T, c *registry.Client, events *recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		events := &recorder{}
		next := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))
		c := clientWith(t, registry.Options{Transport: direct.Transport{Next: next, Answer: answer}, Progress: events, Stage: "push"})
		test(t, c, events)
	})
}

const away = "registry.example.com/shop/orders:1"

// times lets the first n requests of the method and path fail.
func times(n int32, method, path string, fail func(w http.ResponseWriter)) func(http.ResponseWriter, *http.Request) bool {
	var left atomic.Int32
	left.Store(n)
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method || !strings.Contains(r.URL.Path, path) || left.Add(-1) < 0 {
			return false
		}
		fail(w)
		return true
	}
}

func code(status int, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

func TestWhatPassesIsTriedAgain(t *testing.T) {
	for what, status := range map[string]int{
		"timeout": 408, "rate limit": 429, "internal": 500, "bad gateway": 502, "unavailable": 503, "gateway timeout": 504,
	} {
		for _, at := range []struct{ method, path string }{
			{http.MethodHead, "/manifests/"},
			{http.MethodPut, "/manifests/"},
			{http.MethodHead, "/blobs/"},
			{http.MethodPost, "/blobs/uploads/"},
			{http.MethodPut, "/blobs/uploads/"},
		} {
			t.Run(what+" "+at.method+at.path, func(t *testing.T) {
				bubble(t, times(3, at.method, at.path, code(status)), func(t *testing.T, c *registry.Client, events *recorder) {
					img := pushed(t, c, away)
					names(t, c, away, digestOf(t, img))
					told := events.of(progress.Warning)
					if len(told) != 3 || told[0].Stage != "push" || !strings.Contains(told[0].Text, "trying again in") {
						t.Errorf("told: %+v", told)
					}
				})
			})
		}
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	for what, header := range map[string]func() string{
		"seconds": func() string { return "70" },
		"a date":  func() string { return time.Now().Add(71 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		t.Run(what, func(t *testing.T) {
			var fail func(w http.ResponseWriter)
			answer := times(1, http.MethodHead, "/manifests/", func(w http.ResponseWriter) { fail(w) })
			bubble(t, answer, func(t *testing.T, c *registry.Client, _ *recorder) {
				fail = code(http.StatusTooManyRequests, "Retry-After", header())
				begun := time.Now()
				pushed(t, c, away)
				if took := time.Since(begun); took < 70*time.Second || took > 72*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
	// One that asks for more patience than there is fails at once.
	bubble(t, times(1, http.MethodHead, "/manifests/", code(429, "Retry-After", "3600")), func(t *testing.T, c *registry.Client, _ *recorder) {
		begun := time.Now()
		if _, err := c.Resolve(t.Context(), away); fault.SideOf(err) != fault.Infrastructure || time.Since(begun) > time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	})
}

// What the registry asks for is the least: one that asks for nothing is not
// asked again at once, and a crowd that it has sent away comes back one by one.
func TestRetryAfterIsTheLeast(t *testing.T) {
	for what, header := range map[string]func() string{
		"none":               func() string { return "0" },
		"a date in the past": func() string { return time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat) },
	} {
		t.Run(what, func(t *testing.T) {
			fail := func(w http.ResponseWriter) { code(429, "Retry-After", header())(w) }
			bubble(t, times(4, http.MethodHead, "/manifests/", fail), func(t *testing.T, c *registry.Client, _ *recorder) {
				begun := time.Now()
				pushed(t, c, away)
				const least = (250 + 500 + 1000 + 2000) / 2 * time.Millisecond
				if took := time.Since(begun); took < least {
					t.Errorf("it took %s, want %s at least", took, least)
				}
			})
		})
	}
	waits := map[time.Duration]bool{}
	for range 8 {
		bubble(t, times(1, http.MethodHead, "/manifests/", code(503, "Retry-After", "5")), func(t *testing.T, c *registry.Client, _ *recorder) {
			begun := time.Now()
			pushed(t, c, away)
			took := time.Since(begun)
			if took < 5*time.Second || took > 6*time.Second {
				t.Errorf("it took %s", took)
			}
			waits[took] = true
		})
	}
	if len(waits) < 2 {
		t.Errorf("all waited as long: %v", waits)
	}
	// All the patience there is can be asked for.
	bubble(t, times(1, http.MethodHead, "/manifests/", code(503, "Retry-After", "120")), func(t *testing.T, c *registry.Client, _ *recorder) {
		pushed(t, c, away)
	})
}

func TestTheBudgetEnds(t *testing.T) {
	bubble(t, times(1<<20, http.MethodHead, "/manifests/", code(503)), func(t *testing.T, c *registry.Client, events *recorder) {
		begun := time.Now()
		_, err := c.Resolve(t.Context(), away)
		took := time.Since(begun)
		if fault.SideOf(err) != fault.Infrastructure || took > registry.DefaultRetryFor || took < registry.DefaultRetryFor/2 {
			t.Errorf("%v after %s", err, took)
		}
		if tries := len(events.of(progress.Warning)); tries < 5 || tries > 20 {
			t.Errorf("%d tries", tries)
		}
	})
}

func TestNothingIsTriedAfterTheContext(t *testing.T) {
	bubble(t, times(1<<20, http.MethodHead, "/manifests/", code(503)), func(t *testing.T, c *registry.Client, _ *recorder) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		_, err := c.Resolve(ctx, away)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	})
}

func TestWhatStaysIsNotTriedAgain(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 405, 501} {
		bubble(t, times(1<<20, http.MethodPost, "/blobs/uploads/", code(status)), func(t *testing.T, c *registry.Client, events *recorder) {
			_, err := c.Push(t.Context(), image(t), away)
			if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), "registry.example.com") || !strings.Contains(err.Error(), "shop/orders") {
				t.Errorf("%d: %v", status, err)
			}
			if (status == 401 || status == 403) && !strings.Contains(err.Error(), "scope repository:shop/orders:push,pull") {
				t.Errorf("%d: the scope is not named: %v", status, err)
			}
			if told := events.of(progress.Warning); len(told) != 0 {
				t.Errorf("%d: %+v", status, told)
			}
		})
	}
}
