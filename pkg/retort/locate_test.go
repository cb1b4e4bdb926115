package retort

import (
	"os"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/state"
)

const imageID = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// What the workspace remembers of a service's image, and what the registry has
// of the commit: which of the two counts.
func TestInRegistry(t *testing.T) {
	const digest = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	built := func(b *bench, tag string) state.Service {
		return state.Service{Image: imageID, Candidate: b.service("orders").Image + ":" + tag}
	}
	for name, test := range map[string]struct {
		ci        ci.Environment
		remember  func(b *bench, r *state.Run)
		candidate bool // the registry has git-<commit>
		id        string
		digest    string // "candidate" for what the registry has
		hint      string // of the error
	}{
		"nothing anywhere": {ci: ci.Environment{Commit: commit}, hint: "retort build orders"},
		"candidate of another agent": {
			ci: ci.Environment{Commit: commit}, candidate: true, digest: "candidate",
		},
		"no commit, no candidate": {candidate: true, hint: "retort build orders"},
		"with changes the candidate is not meant": {
			ci: ci.Environment{Commit: commit, Dirty: true}, candidate: true, hint: "retort build orders",
		},
		"built": {
			ci:       ci.Environment{Commit: commit},
			remember: func(b *bench, r *state.Run) { r.Services["orders"] = built(b, "git-"+commit) },
			id:       imageID,
		},
		"pushed": {
			ci: ci.Environment{Commit: commit},
			remember: func(b *bench, r *state.Run) {
				s := built(b, "git-"+commit)
				s.Digest, s.Refs = digest, []string{b.service("orders").Image + ":main"}
				r.Services["orders"] = s
			},
			id: imageID, digest: digest,
		},
		"pushed to where the file no longer points": {
			ci: ci.Environment{Commit: commit},
			remember: func(b *bench, r *state.Run) {
				s := built(b, "git-"+commit)
				s.Digest, s.Refs = digest, []string{b.addr + "/old/orders:main"}
				r.Services["orders"] = s
			},
			id: imageID,
		},
		"built with changes that are gone": {
			ci:       ci.Environment{Commit: commit},
			remember: func(b *bench, r *state.Run) { r.Services["orders"] = built(b, "git-"+commit+"-dirty") },
			hint:     "retort build orders",
		},
		"built with changes that are gone, and a candidate": {
			ci:        ci.Environment{Commit: commit},
			remember:  func(b *bench, r *state.Run) { r.Services["orders"] = built(b, "git-"+commit+"-dirty") },
			candidate: true, digest: "candidate",
		},
		"of another commit": {
			ci:       ci.Environment{Commit: commit},
			remember: func(b *bench, r *state.Run) { r.Commit = other; r.Services["orders"] = built(b, "git-"+other) },
			hint:     "retort build",
		},
		"of another commit, and a candidate": {
			ci:        ci.Environment{Commit: commit},
			remember:  func(b *bench, r *state.Run) { r.Commit = other; r.Services["orders"] = built(b, "git-"+other) },
			candidate: true, digest: "candidate",
		},
		"a stash without a checkout is taken at its word": {
			remember: func(b *bench, r *state.Run) { r.Services["orders"] = built(b, "git-"+commit) },
			id:       imageID,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "orders")
			b.CI = test.ci
			repository := b.service("orders").Image
			if test.remember != nil {
				b.remember(t, func(r *state.Run) {
					r.Project, r.Commit = "shop", commit
					test.remember(b, r)
				})
			}
			want := test.digest
			if test.candidate {
				if d := b.push(t, repository+":git-"+commit); want == "candidate" {
					want = d
				}
			}
			if want != "" {
				want = repository + "@" + want
			}
			got, err := b.inRegistry(t.Context(), b.service("orders"))
			if hint := fault.HintOf(err); hint != test.hint || (err == nil) != (test.hint == "") {
				t.Fatalf("error is %v, hint %q, want hint %q", err, hint, test.hint)
			}
			if got.id != test.id || got.digest != want {
				t.Errorf("image is %q and %q, want %q and %q", got.id, got.digest, test.id, want)
			}
		})
	}
}

// A damaged file is no memory; it is told when nobody else knows either.
func TestDamagedMemory(t *testing.T) {
	b := newBench(t, "orders")
	b.remember(t, func(*state.Run) {})
	if err := os.Truncate(b.state.Path(), 3); err != nil {
		t.Fatal(err)
	}
	if _, err := b.inRegistry(t.Context(), b.service("orders")); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("error is %v, want that the file is damaged", err)
	}
	digest := b.push(t, b.service("orders").Image+":git-"+commit)
	got, err := b.inRegistry(t.Context(), b.service("orders"))
	if err != nil || !strings.HasSuffix(got.digest, digest) {
		t.Errorf("gives %q (%v), want %s", got.digest, err, digest)
	}
}
