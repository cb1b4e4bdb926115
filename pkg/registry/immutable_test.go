package registry_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
)

// Registries refuse to move a tag in their own words.
func TestATagThatCannotBeMoved(t *testing.T) {
	for what, refusal := range map[string]struct {
		status  int
		code    string
		message string
	}{
		"ECR":       {http.StatusBadRequest, "TAG_INVALID", "The image tag 'live' already exists and cannot be overwritten because the tag is immutable."},
		"Harbor":    {http.StatusPreconditionFailed, "PRECONDITION", "configured as immutable"},
		"ACR":       {http.StatusMethodNotAllowed, "UNSUPPORTED", "The operation is disallowed: the tag is locked"},
		"Quay":      {http.StatusConflict, "TAG_IMMUTABLE", ""},
		"forbidden": {http.StatusForbidden, "DENIED", "tag live is immutable"},
	} {
		t.Run(what, func(t *testing.T) {
			w := embedded(t)
			c := client(t)
			old := pushed(t, c, w.addr+"/shop/orders:live")
			img := pushed(t, c, w.addr+"/shop/orders:1")
			w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
				if r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, "/manifests/live") {
					return false
				}
				rw.Header().Set("Content-Type", "application/json")
				rw.WriteHeader(refusal.status)
				_, _ = fmt.Fprintf(rw, `{"errors":[{"code":%q,"message":%q}]}`, refusal.code, refusal.message)
				return true
			})
			_, err := c.Tag(t.Context(), w.addr+"/shop/orders:1", "live")
			if !errors.Is(err, registry.ErrImmutable) || fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), digestOf(t, old)) {
				t.Errorf("moved: %v", err)
			}
			if _, err := c.Tag(t.Context(), w.addr+"/shop/orders@"+digestOf(t, old), "live"); err != nil {
				t.Errorf("it names the digest already: %v", err)
			}
			names(t, c, w.addr+"/shop/orders:1", digestOf(t, img))
		})
	}
}

// A repository that may not be written to is told as that.
func TestAReadOnlyRepository(t *testing.T) {
	w := embedded(t)
	c := client(t)
	pushed(t, c, w.addr+"/shop/orders:1")
	pushed(t, c, w.addr+"/prod/orders:live")
	w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method == http.MethodGet || r.Method == http.MethodHead || !strings.HasPrefix(r.URL.Path, "/v2/prod/") {
			return false
		}
		rw.WriteHeader(http.StatusForbidden)
		return true
	})
	_, err := client(t).Copy(t.Context(), w.addr+"/shop/orders:1", w.addr+"/prod/orders:live")
	if errors.Is(err, registry.ErrImmutable) || err == nil || !strings.Contains(err.Error(), "refuses access to repository prod/orders (scope repository:prod/orders:push,pull)") {
		t.Error(err)
	}
}

// A registry that mounts nothing begins an upload instead: it is gone on with.
func TestARegistryWithoutMount(t *testing.T) {
	w := embedded(t)
	c := client(t)
	img := pushed(t, c, w.addr+"/shop/orders:1")
	w.forget()
	w.intercept(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method == http.MethodPost {
			r.URL.RawQuery = ""
		}
		return false
	})
	if _, err := client(t).Copy(t.Context(), w.addr+"/shop/orders:1", w.addr+"/prod/orders:1"); err != nil {
		t.Fatal(err)
	}
	if begun := w.seen("POST"); len(begun) != 4 {
		t.Errorf("%d uploads were begun for 4 blobs: %v", len(begun), begun)
	}
	stored(t, w, "prod/orders", img)
}
