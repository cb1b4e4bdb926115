package registry_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
)

// inPages answers lists of referrers one at a time. link makes the header of
// where the next are.
func inPages(link func(r *http.Request, next int) string) func(http.ResponseWriter, *http.Request, http.Handler) bool {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) bool {
		if !strings.Contains(r.URL.Path, "/referrers/") {
			return false
		}
		at, _ := strconv.Atoi(r.URL.Query().Get("page"))
		all := httptest.NewRecorder()
		next.ServeHTTP(all, r)
		var index v1.IndexManifest
		if err := json.Unmarshal(all.Body.Bytes(), &index); err != nil {
			return false
		}
		if at+1 < len(index.Manifests) {
			w.Header().Set("Link", link(r, at+1))
		}
		index.Manifests = index.Manifests[at : at+1]
		w.Header().Set("Content-Type", string(index.MediaType))
		_ = json.NewEncoder(w).Encode(index)
		return true
	}
}

func TestReferrersOverManyPages(t *testing.T) {
	w := embedded(t)
	c := client(t)
	subject := w.addr + "/shop/orders:1"
	pushed(t, c, subject)
	const many = 4
	for i := range many {
		if _, err := c.Attach(t.Context(), subject, evidence(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	page := func(r *http.Request, next int) string {
		return fmt.Sprintf("<%s?page=%d>; rel=\"next\"", r.URL.Path, next)
	}
	w.intercept(inPages(page))
	if all, err := c.Referrers(t.Context(), subject); err != nil || len(all) != many {
		t.Errorf("%d referrers, %v", len(all), err)
	}
	if _, err := c.Attach(t.Context(), subject, evidence("last")); err != nil {
		t.Errorf("attached, and listed on another page than the first: %v", err)
	}

	// Half a list is not taken for a list, nor for a registry without any.
	for what, link := range map[string]func(*http.Request, int) string{
		"itself":       func(r *http.Request, _ int) string { return "<" + r.URL.RequestURI() + `>; rel="next"` },
		"another host": func(*http.Request, int) string { return `<http://registry.example.com/v2/>; rel="next"` },
		"nothing":      func(*http.Request, int) string { return `</v2/shop/orders/blobs/none>; rel="next"` },
	} {
		w.intercept(inPages(link))
		if all, err := client(t).Referrers(t.Context(), subject); err == nil || fault.SideOf(err) != fault.Infrastructure && what != "nothing" {
			t.Errorf("%s: %d referrers, %v", what, len(all), err)
		}
	}
}

// A registry that has listed referrers has them: when something before it answers
// in its place, nothing is known, rather than that there are none.
func TestReferrersThatWereListedOnce(t *testing.T) {
	w := embedded(t)
	c := client(t)
	subject := w.addr + "/shop/orders:1"
	pushed(t, c, subject)
	if _, err := c.Attach(t.Context(), subject, evidence("first")); err != nil {
		t.Fatal(err)
	}
	if all, err := c.Referrers(t.Context(), subject); err != nil || len(all) != 1 {
		t.Fatalf("%d referrers, %v", len(all), err)
	}
	w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if !strings.Contains(r.URL.Path, "/referrers/") {
			return false
		}
		http.Error(rw, "<html>no such page", http.StatusNotFound)
		return true
	})
	if all, err := c.Referrers(t.Context(), subject); fault.SideOf(err) != fault.Infrastructure || errors.Is(err, registry.ErrNotFound) {
		t.Errorf("%d referrers, %v", len(all), err)
	}
	w.intercept(nil)
	if all, err := c.Referrers(t.Context(), subject); err != nil || len(all) != 1 {
		t.Errorf("%d referrers afterwards, %v", len(all), err)
	}
}
