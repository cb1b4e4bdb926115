package state_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/state"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// full is a run with every field set.
func full() state.Run {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	id := "sha256:" + strings.Repeat("ab", 32)
	digest := "sha256:" + strings.Repeat("cd", 32)
	repo := "127.0.0.1:5000/shop/orders"
	return state.Run{
		Version: state.Version, Project: "shop", Commit: strings.Repeat("9", 40), Dirty: true,
		Services: map[string]state.Service{"orders": {
			Image: id, Engine: "docker 20.10.24", Candidate: repo + ":git-" + strings.Repeat("9", 40),
			Bases:  []engine.Base{{Name: "docker.io/library/golang:1.26", Ref: "127.0.0.1:5000/library/golang:1.26", Digest: digest}},
			Digest: digest, Refs: []string{repo + ":main"}, Built: at, Seconds: 12.5,
			Build: &state.Build{
				Builder: "https://jenkins.example.com", Invocation: "https://jenkins.example.com/job/shop/42/", Version: "1.2.0",
				Started: at, Finished: at.Add(12500 * time.Millisecond),
				Repository: "https://github.com/acme/shop", Branch: "main", Tag: "v1.4.2", Modified: true,
				Context: "orders", Dockerfile: "Dockerfile", Target: "run", Platforms: []string{"linux/amd64"},
				Args: map[string]string{"GO_VERSION": "1.26"}, Secrets: []string{"npmrc"},
			},
		}},
		Suites: map[string]state.Suite{"e2e": {
			Verdict: state.Failed, ExitCode: 1, Verifies: map[string]string{"orders": id},
			Reports: []string{".retort/reports/e2e/junit.xml"}, Image: id, Started: at, Seconds: 3.25, Heard: true,
		}},
		Promotions: []state.Promotion{{
			Service: "orders", Environment: "staging", Ref: repo + ":staging", Digest: digest, Time: at, Seconds: 0.5,
		}},
	}
}

// TestFormat holds the file's format: a change of the golden file is a change
// that other tools reading run.json will see.
func TestFormat(t *testing.T) {
	s := state.Open(t.TempDir())
	put(t, s, full())
	got, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/run.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("run.json is\n%s\nwant\n%s", got, want)
	}
	run, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(run, full()) {
		t.Errorf("loaded %+v, want %+v", run, full())
	}
}

func TestLoadMissing(t *testing.T) {
	s := state.Open(t.TempDir())
	run, err := s.Load()
	if err != nil || !reflect.DeepEqual(run, state.Run{}) {
		t.Errorf("got %+v, %v, want the zero Run and no error", run, err)
	}
	if s.Exists() {
		t.Error("Exists before anything was written")
	}
	if _, err := os.Stat(filepath.Dir(s.Path())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load touched the workspace: %v", err)
	}
}

func TestUpdateLeavesOnlyItsFiles(t *testing.T) {
	s := state.Open(t.TempDir())
	put(t, s, full())
	want := []string{".gitignore", "lock", "run.json"}
	if got := names(t, filepath.Dir(s.Path())); !slices.Equal(got, want) {
		t.Errorf(".retort holds %v, want %v", got, want)
	}
	ignore, err := os.ReadFile(filepath.Join(filepath.Dir(s.Path()), ".gitignore"))
	if err != nil || string(ignore) != "*\n" {
		t.Errorf(".gitignore is %q, %v", ignore, err)
	}
}

// What is as it was is not written again.
func TestUpdateWithoutChange(t *testing.T) {
	store := state.Open(t.TempDir())
	same := func(r *state.Run) error { r.Begin("shop", "abc", true); return nil }
	var files []os.FileInfo
	for range 2 {
		if err := store.Update(t.Context(), same); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(store.Path())
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, info)
	}
	if !os.SameFile(files[0], files[1]) {
		t.Error("the file was replaced")
	}
}

func TestUpdateFailing(t *testing.T) {
	s := state.Open(t.TempDir())
	put(t, s, full())
	boom := errors.New("boom")
	err := s.Update(t.Context(), func(r *state.Run) error {
		r.Project = "changed"
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("got %v, want boom", err)
	}
	if run, err := s.Load(); err != nil || run.Project != "shop" {
		t.Errorf("the file changed: %q, %v", run.Project, err)
	}
}

func TestSetAside(t *testing.T) {
	s := state.Open(t.TempDir())
	put(t, s, full())
	if aside, err := s.SetAside(t.Context()); aside != "" || err != nil {
		t.Fatalf("a whole file was set aside: %q, %v", aside, err)
	}
	if err := os.Truncate(s.Path(), 100); err != nil {
		t.Fatal(err)
	}
	err := s.Update(t.Context(), func(*state.Run) error { return nil })
	damaged, ok := errors.AsType[*state.DamagedError](err)
	if !ok || damaged.Path != s.Path() || damaged.Offset != 100 {
		t.Fatalf("got %v, want a DamagedError at byte 100 of %s", err, s.Path())
	}
	aside, err := s.SetAside(t.Context())
	if err != nil || aside != s.Path()+".damaged" {
		t.Fatalf("got %q, %v", aside, err)
	}
	if info, err := os.Stat(aside); err != nil || info.Size() != 100 {
		t.Errorf("the damaged file was not kept: %v", err)
	}
	put(t, s, full())
}

func TestNewerVersionIsKept(t *testing.T) {
	s := state.Open(t.TempDir())
	if _, err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Path(), []byte(`{"version":99}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetAside(t.Context()); fault.SideOf(err) != fault.Usage {
		t.Errorf("got %v, want a usage fault", err)
	}
	if got, err := os.ReadFile(s.Path()); err != nil || string(got) != `{"version":99}` {
		t.Errorf("the newer file became %q, %v", got, err)
	}
}

func TestNoWorkspace(t *testing.T) {
	s := state.Open(filepath.Join(t.TempDir(), "no", "such"))
	err := s.Update(t.Context(), func(*state.Run) error { return nil })
	if fault.SideOf(err) != fault.Usage || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v on side %v", err, fault.SideOf(err))
	}
}

func TestUpdateGivesUpWaiting(t *testing.T) {
	s := state.Open(t.TempDir())
	err := s.Update(t.Context(), func(*state.Run) error {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		return s.Update(ctx, func(*state.Run) error {
			t.Error("two updates at once")
			return nil
		})
	})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "another retort") {
		t.Errorf("got %v", err)
	}
}

func put(t *testing.T, s *state.Store, run state.Run) {
	t.Helper()
	err := s.Update(t.Context(), func(r *state.Run) error {
		*r = run
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}
