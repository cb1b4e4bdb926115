//go:build linux

package containers_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

// What a probe is given of the container's environment is written nowhere but into
// the container's own directory, for nobody else to read, and is gone with the
// probe.
func TestProbeKeepsSecrets(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("XDG_RUNTIME_DIR", temporary)
	b := newBench(t)
	c := b.start(t, engine.ContainerSpec{Cmd: []string{"hang"}, Env: []string{"PASSWORD=hunter2"}})
	config, err := filepath.Glob(filepath.Join(b.root, "run", "*", "containers", c.ID(), "config.json"))
	if err != nil || len(config) != 1 {
		t.Fatal(config, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	probed := make(chan error, 1)
	go func() {
		_, err := c.Health(ctx, []string{"/probe", "write", "/begun", "x", ";", "hang"})
		probed <- err
	}()
	for h := (engine.Health{}); !h.Healthy; { // until the probe has begun
		if h, err = c.Health(t.Context(), []string{"/probe", "exists", "/begun"}); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("temporary files: %v, %v", left, err)
	}
	if got := holding(t, filepath.Dir(config[0]), "hunter2"); len(got) != 2 {
		t.Errorf("written down in %q, want the container's and the probe's", got)
	}
	cancel()
	if err := <-probed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := holding(t, filepath.Dir(config[0]), "hunter2"); len(got) != 1 || got[0] != config[0] {
		t.Errorf("after the probe written down in %q", got)
	}
}

// Probes leave no zombies, at whatever moment their time is over: process 1, which
// adopts what others leave, waits for its own children alone.
func TestProbesLeaveNoZombies(t *testing.T) {
	b := newBench(t)
	before := zombies(t)
	c := b.start(t, engine.ContainerSpec{Cmd: []string{"hang"}})
	ended, killed := 0, 0
	for i := range 51 {
		probe, limit := []string{"/probe", "hang"}, time.Duration(i)*4*time.Millisecond
		if i%3 == 0 {
			probe, limit = []string{"/probe", "exit", "1"}, time.Minute
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		_, err := c.Health(ctx, probe)
		cancel()
		switch {
		case err == nil:
			ended++
		case errors.Is(err, context.DeadlineExceeded):
			killed++
		default:
			t.Fatal(err)
		}
	}
	if ended != 17 || killed != 34 {
		t.Errorf("%d probes ended, %d were killed", ended, killed)
	}
	if got := zombies(t); len(got) > len(before) {
		t.Errorf("while the container runs there are zombies: %q, before %q", got, before)
	}
	if err := c.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := zombies(t); len(got) > len(before) {
		t.Errorf("there are zombies: %q, before %q", got, before)
	}
}

// zombies are the processes in sight that have ended and nobody has waited for.
func zombies(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range files {
		text, _ := os.ReadFile(f) // it may be gone
		if name := strings.LastIndexByte(string(text), ')'); name > 0 && strings.HasPrefix(string(text[name:]), ") Z") {
			all = append(all, string(text[:name+1]))
		}
	}
	return all
}

// holding lists the files with the text, which none but this user may read.
func holding(t *testing.T, dir, text string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		got, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(got), text) {
			return err
		}
		all = append(all, path)
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
