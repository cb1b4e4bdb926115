package retort

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

// named is the image of a service with names of a firmness.
func (b *bench) named(f firmness, tags ...string) []outgoing {
	out := outgoing{service: b.service("orders")}
	for _, tag := range tags {
		out.names = append(out.names, imageName{b.service("orders").Image + ":" + tag, f})
	}
	return []outgoing{out}
}

// A version stays what it is: for a push from the engine, and for an image that
// the registry has.
func TestFixedNames(t *testing.T) {
	for name, test := range map[string]struct {
		firmness firmness
		force    bool
		refused  bool
		warned   string
	}{
		"a version":           {firmness: fixed, refused: true},
		"a version, by force": {firmness: fixed, force: true, warned: "is moved all the same"},
		"a commit":            {firmness: replaced, warned: "this one takes its place"},
		"a branch":            {firmness: moves},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "orders")
			images := b.named(test.firmness, "1.4.2")
			refs := refsOf(images[0].names)
			first, second := image(t), image(t)
			reg := b.fixedNames(images, test.force)
			for range 2 { // the same image again is nothing new
				if _, err := reg.Push(t.Context(), first, refs...); err != nil {
					t.Fatal(err)
				}
			}
			_, err := reg.Push(t.Context(), second, refs...)
			if (fault.SideOf(err) == fault.Policy) != test.refused || (err == nil) == test.refused {
				t.Errorf("another image: %v", err)
			}
			if test.refused {
				digest, _ := first.Digest()
				if !strings.Contains(err.Error(), refs[0]+" is "+digest.String()+" already") || !strings.Contains(fault.HintOf(err), "--force-tag") {
					t.Errorf("%v, hint %q", err, fault.HintOf(err))
				}
				got, err := b.registry.Resolve(t.Context(), refs[0])
				if err != nil || got.Digest != digest {
					t.Errorf("it was moved to %s (%v)", got.Digest, err)
				}
			}
			if warned := strings.Join(b.told.warnings, "\n"); (warned == "") != (test.warned == "") || !strings.Contains(warned, test.warned) {
				t.Errorf("warned of %q, want %q", warned, test.warned)
			}
		})
	}
}

// What another build has put in the place of this pipeline's candidate is not
// taken away from it.
func TestCandidateIsKept(t *testing.T) {
	b := newBench(t, "orders")
	ours := b.push(t, b.candidate(b.service("orders")))
	theirs := b.push(t, b.candidate(b.service("orders")))
	name := b.candidateName(b.service("orders"))
	out := outgoing{service: b.service("orders"), names: []imageName{name}}
	out.digest = b.service("orders").Image + "@" + ours
	out.keepCandidate(name.ref)
	err := b.fixedNames([]outgoing{out}, false).check(t.Context(), ours, name.ref)
	if fault.SideOf(err) != fault.Policy || !strings.Contains(err.Error(), theirs) {
		t.Errorf("got %v", err)
	}
}

// A registry may have tags that cannot be moved.
func TestRegistryRefusesToMoveATag(t *testing.T) {
	for code, want := range map[int]fault.Side{
		http.StatusConflict: fault.Policy, http.StatusPreconditionFailed: fault.Policy, http.StatusForbidden: fault.Infrastructure,
	} {
		t.Run(http.StatusText(code), func(t *testing.T) {
			b := newBench(t, "orders")
			b.push(t, b.service("orders").Image+":main")
			b.immutable(t, code)
			images := b.named(moves, "main")
			ref := refsOf(images[0].names)[0]
			if _, err := b.fixedNames(images, false).Push(t.Context(), image(t), ref); fault.SideOf(err) != want {
				t.Errorf("a push: %v, side %v", err, fault.SideOf(err))
			}
			// A name that no image has is another matter.
			images = b.named(moves, "other")
			ref = refsOf(images[0].names)[0]
			if _, err := b.fixedNames(images, false).Push(t.Context(), image(t), ref); fault.SideOf(err) != fault.Infrastructure {
				t.Errorf("a new name: %v", err)
			}
		})
	}
}

// An environment's tag may be one of those.
func TestRegistryRefusesToMoveAnEnvironment(t *testing.T) {
	b := newBench(t, "orders")
	b.push(t, b.service("orders").Image+":staging")
	digest := b.push(t, b.candidate(b.service("orders")))
	b.immutable(t, http.StatusPreconditionFailed)
	b.Project.Services[0].Image = b.service("orders").Image
	b.Project.Environments = []project.Environment{{Name: "staging", Tag: "staging"}}
	if _, err := b.Promote(t.Context(), PromoteOptions{To: "staging"}); fault.SideOf(err) != fault.Policy {
		t.Errorf("a promotion: %v, side %v", err, fault.SideOf(err))
	}
	from := b.service("orders").Image + "@" + digest
	if _, err := b.PromoteImage(t.Context(), PromoteImageOptions{From: from, To: b.service("orders").Image + ":staging"}); fault.SideOf(err) != fault.Policy {
		t.Errorf("a plain promotion: %v, side %v", err, fault.SideOf(err))
	}
}

// immutable puts a registry before the bench's that answers to every manifest
// with the code.
func (b *bench) immutable(t *testing.T, code int) {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: b.addr})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/") {
			w.WriteHeader(code)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b.addr = strings.TrimPrefix(server.URL, "http://")
}
