package registry_test

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

func TestRefusalsAreToldInFull(t *testing.T) {
	cases := map[string]struct {
		status int
		says   []string
		hint   string
	}{
		"unauthorized": {http.StatusUnauthorized, []string{"refuses access to repository shop/orders", "(scope repository:shop/orders:push,pull)"}, "docker login "},
		"forbidden":    {http.StatusForbidden, []string{"refuses access to repository shop/orders", "(scope repository:shop/orders:push,pull)"}, "docker login "},
		"not found":    {http.StatusNotFound, []string{"put manifest ", "repository shop/orders (scope repository:shop/orders:push,pull): not found in the registry"}, "repository shop/orders to be made first"},
		"read-only":    {http.StatusMethodNotAllowed, []string{"put manifest ", "405"}, ""},
		"rate limit":   {http.StatusTooManyRequests, []string{"put manifest ", "429"}, "wait"},
		"broken":       {http.StatusInternalServerError, []string{"put manifest ", "500"}, "registry's log"},
	}
	for what, refusal := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel() // the retries of some take seconds
			w := embedded(t)
			w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
				if r.Method != http.MethodPut || !strings.Contains(r.URL.Path, "/manifests/") {
					return false
				}
				rw.WriteHeader(refusal.status)
				return true
			})
			_, err := clientWith(t, registry.Options{RetryFor: time.Second}).Push(t.Context(), image(t), w.addr+"/shop/orders:1")
			if fault.SideOf(err) != fault.Infrastructure {
				t.Fatalf("%v: %v", fault.SideOf(err), err)
			}
			for _, want := range append(refusal.says, w.addr) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in: %v", want, err)
				}
			}
			if !strings.Contains(fault.HintOf(err), refusal.hint) {
				t.Errorf("hint %q", fault.HintOf(err))
			}
		})
	}
}

// What is not there, or is not what was asked for, is told with the registry, the
// repository and the scope: it may be those that are wrong.
func TestWhereNothingFitsIsToldInFull(t *testing.T) {
	w, other := embedded(t), embedded(t)
	c := client(t)
	pushed(t, c, w.addr+"/shop/orders:1")
	refused := func(what, repository, actions string, err, is error) {
		t.Helper()
		want := "registry " + w.addr + ", repository " + repository + " (scope repository:" + repository + ":" + actions + "): " + is.Error()
		if !errors.Is(err, is) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q is not in: %v", what, want, err)
		}
	}
	_, err := c.Resolve(t.Context(), w.addr+"/shop/missing:1")
	refused("no manifest", "shop/missing", "pull", err, registry.ErrNotFound)
	_, err = c.Copy(t.Context(), w.addr+"/shop/missing:1", other.addr+"/prod/orders:1")
	refused("nothing to copy", "shop/missing", "pull", err, registry.ErrNotFound)
	refused("not what was promoted", "shop/orders", "pull", c.Confirm(t.Context(), w.addr+"/shop/orders:1", zeros), registry.ErrMismatch)

	w.intercept(manifestAnswers([]byte(`{"schemaVersion":2}`), types.OCIManifestSchema1))
	_, err = c.Copy(t.Context(), w.addr+"/shop/orders@"+zeros, other.addr+"/prod/orders:1")
	refused("another manifest", "shop/orders", "pull", err, registry.ErrCorrupt)
	w.intercept(blobAnswers(func(w http.ResponseWriter) http.ResponseWriter { return &flipped{w, 0} }))
	_, err = c.Copy(t.Context(), w.addr+"/shop/orders:1", other.addr+"/prod/orders:1")
	refused("another blob", "shop/orders", "pull", err, registry.ErrCorrupt)
	w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if strings.Contains(r.URL.Path, "/blobs/sha256:") {
			rw.WriteHeader(http.StatusNotFound)
			return true
		}
		return false
	})
	refused("no blob", "shop/orders", "pull", c.Whole(t.Context(), w.addr+"/shop/orders:1"), registry.ErrNotFound)
	_, err = c.Copy(t.Context(), w.addr+"/shop/orders:1", other.addr+"/prod/orders:1")
	refused("no blob to copy", "shop/orders", "pull", err, registry.ErrNotFound)

	w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/blobs/uploads/") {
			rw.Header().Set("Docker-Content-Digest", zeros)
			rw.WriteHeader(http.StatusCreated)
			return true
		}
		return false
	})
	_, err = c.Push(t.Context(), image(t), w.addr+"/shop/orders:2")
	refused("another blob was written", "shop/orders", "push,pull", err, registry.ErrMismatch)
}

func TestARegistryThatIsAway(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	events := &recorder{}
	_, err = clientWith(t, registry.Options{Progress: events}).Resolve(t.Context(), addr+"/shop/orders:1")
	if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(fault.HintOf(err), addr) || !strings.Contains(err.Error(), addr+"/shop/orders:1") {
		t.Errorf("%v: %v, hint %q", fault.SideOf(err), err, fault.HintOf(err))
	}
	if warnings := events.of(progress.Warning); len(warnings) != 0 {
		t.Errorf("it tried again where nobody listens: %+v", warnings)
	}
}
