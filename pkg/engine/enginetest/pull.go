package enginetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// testPull: an image comes by digest, and the engine remembers where from.
func (s *suite) testPull(t *testing.T) {
	puller := need[engine.Puller](t, s)
	host := newRegistry(t)
	built := s.build(t, s.spec(t, fromProbe, map[string]string{"unique": s.owner.Run}))
	img := s.export(t, built.ID, engine.ExportOptions{})
	push(t, host+"/pulled/app:1", img)
	ref := host + "/pulled/app@" + digestOf(t, img)
	info, err := puller.Pull(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.run(t, info.ID, "echo", "pulled"); got.stdout != "pulled\n" {
		t.Errorf("the pulled image printed %q", got.stdout)
	}
	if !slices.Contains(info.RepoDigests, ref) {
		t.Errorf("known as %v, want %s", info.RepoDigests, ref)
	}
	s.lineage(t, info.ID, ref)

	_, err = puller.Pull(t.Context(), host+"/pulled/app@sha256:"+strings.Repeat("0", 64))
	wantSide(t, err, fault.Infrastructure)
}

// lineage: the pulled image, and one built upon it, are known by its reference.
func (s *suite) lineage(t *testing.T, id, ref string) {
	t.Helper()
	lineage, ok := s.engine.(engine.Lineage)
	if !ok {
		return
	}
	upon := s.build(t, s.spec(t, "FROM "+ref+"\nCOPY probe /again\n", nil))
	for _, image := range []string{id, upon.ID} {
		known, err := lineage.KnownAs(t.Context(), image)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(known, ref) {
			t.Errorf("known as %v, want %s", known, ref)
		}
	}
}
