package state

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
)

func take1(t *testing.T, dir string, tell func(string)) *Slot {
	t.Helper()
	s, err := Open(t.Context(), dir, tell)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Who finds all slots taken is told who has them, and gets the first that is free.
func TestWaitsForSlot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	never := func(text string) { t.Error("waited: " + text) }
	var taken []*Slot
	for range slots {
		taken = append(taken, take1(t, dir, never))
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Open(ctx, dir, func(text string) {
		if strings.Count(text, "process ") != slots || !strings.Contains(text, dir) {
			t.Errorf("told %q", text)
		}
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	third := take1(t, dir, func(string) {
		if err := taken[3].Close(); err != nil {
			t.Error(err)
		}
	})
	if third.Dir() != taken[3].Dir() {
		t.Errorf("got %s, %s was free", third.Dir(), taken[3].Dir())
	}
	for i, s := range append(taken, third) {
		if i == 3 {
			continue
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A slot that was open when the machine went down may be damaged: it is cleared.
// One whose process died keeps what it has. Half a mark is no mark of this boot.
func TestClearsAfterCrash(t *testing.T) {
	t.Parallel()
	for boot, kept := range map[string]bool{bootID(): true, "another boot": false, "": false} {
		dir := t.TempDir()
		s := take1(t, dir, nil)
		cache := filepath.Join(s.Dir(), "overlayfs", "cache.db")
		if err := errors.Join(os.Mkdir(filepath.Dir(cache), 0o700), os.WriteFile(cache, nil, 0o600), s.Close(),
			os.WriteFile(s.openMark(), []byte(boot), 0o600)); err != nil {
			t.Fatal(err)
		}
		told := ""
		s = take1(t, dir, func(text string) { told = text })
		if strings.Contains(told, s.Dir()) == kept {
			t.Errorf("after %q it is told %q", boot, told)
		}
		if _, err := os.Stat(cache); (err == nil) != kept {
			t.Errorf("after %q the cache is %v", boot, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(s.openMark()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("closed it is marked as open: %v", err)
		}
	}
}

func TestForeignFormat(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2", "x", ""} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "format"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dir, nil); fault.SideOf(err) != fault.Infrastructure || fault.HintOf(err) == "" {
			t.Errorf("format %q: %v", text, err)
		}
	}
}

// All slots together have one budget.
func TestAllowance(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := take1(t, dir, nil), take1(t, dir, nil)
	for _, c := range []struct{ others, want int64 }{{10, 90}, {70, 50}, {500, 50}} {
		if err := a.Took(c.others); err != nil {
			t.Fatal(err)
		}
		if got := b.Allowance(100); got != c.want {
			t.Errorf("where the other took %d of 100, %d are allowed, want %d", c.others, got, c.want)
		}
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}
