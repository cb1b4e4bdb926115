package docker_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
)

// A name that was lent is taken back though the work was called off while the
// daemon gave it, and where that fails the push is none the worse.
func TestLentNameIsGivenBack(t *testing.T) {
	for what, calledOff := range map[string]bool{"called off": true, "not to be given back": false} {
		t.Run(what, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var named atomic.Bool
			var imports atomic.Int32
			id := "sha256:" + strings.Repeat("1", 64)
			e := fake(t, map[string]http.HandlerFunc{
				"GET /images/{name...}": func(w http.ResponseWriter, _ *http.Request) {
					if !named.Load() {
						answer(w, http.StatusNotFound, `{"message":"no such image"}`)
						return
					}
					answer(w, http.StatusOK, `{"Id":"`+id+`"}`)
				},
				"POST /images/{name...}": func(w http.ResponseWriter, r *http.Request) {
					switch {
					case strings.HasSuffix(r.URL.Path, "/create"):
						imports.Add(1)
						answer(w, http.StatusInternalServerError, `{"message":"no space left"}`)
					case strings.HasSuffix(r.URL.Path, "/tag"):
						named.Store(true)
						if calledOff {
							cancel()
						}
						w.WriteHeader(http.StatusCreated)
					default:
						answer(w, http.StatusOK, `{"aux":{"Digest":"`+id+`"}}`)
					}
				},
			})
			var warned []string
			digest, err := e.Push(ctx, id, "127.0.0.1:1/shop/orders:1", engine.PushOptions{Progress: progress.Func(func(ev progress.Event) {
				if ev.Kind == progress.Warning {
					warned = append(warned, ev.Text)
				}
			})})
			if calledOff != (err != nil) || !calledOff && digest != id {
				t.Errorf("digest %q, error %v", digest, err)
			}
			if imports.Load() != 1 || len(warned) != 1 {
				t.Errorf("given back %d times, told %q", imports.Load(), warned)
			}
		})
	}
}
