package remote_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// However small the store is to be, the image that was just built stays for the
// next command; and a store that cannot be tidied is told of.
func TestCloseKeepsWhatItBuilt(t *testing.T) {
	t.Parallel()
	var warned []string
	opts := remote.Options{
		Host: buildkitdtest.Start(t, buildkitdtest.Options{}).Address, StateDir: t.TempDir(), StateSize: 1,
		Warn: func(text string) { warned = append(warned, text) },
	}
	e := open(t, opts)
	build(t, e, engine.BuildSpec{Context: probe.Context(t, probe.Dockerfile, nil), Tags: []string{"kept:1"}})
	if err := e.Close(); err != nil || len(warned) > 0 {
		t.Fatal(err, warned)
	}
	e, other := open(t, opts), open(t, opts)
	for _, e := range []kept{e, other} {
		if _, err := e.InspectImage(t.Context(), "kept:1"); err != nil {
			t.Fatal(err)
		}
	}
	makeOld(t, opts.StateDir)
	if err := e.Close(); err != nil || len(warned) != 1 || !strings.Contains(warned[0], opts.StateDir) {
		t.Errorf("closed with %v and warned %q, want the store's directory", err, warned)
	}
}

// makeOld makes every image of the store one that was used long ago.
func makeOld(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir + "/images")
	if err != nil || len(entries) == 0 {
		t.Fatal(err, entries)
	}
	old := time.Now().Add(-72 * time.Hour)
	for _, e := range entries {
		if err := os.Chtimes(dir+"/images/"+e.Name(), old, old); err != nil {
			t.Fatal(err)
		}
	}
}
