package memo_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/memo"
)

func TestEachIsAskedOnce(t *testing.T) {
	var m memo.Map[string]
	var asked atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		for _, key := range []string{"a", "b"} {
			all.Go(func() {
				got, err := m.Get(key, func() (string, error) {
					asked.Add(1)
					return "answer to " + key, nil
				})
				if got != "answer to "+key || err != nil {
					t.Errorf("%s: %q, %v", key, got, err)
				}
			})
		}
	}
	all.Wait()
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times about two keys", n)
	}
}

func TestErrorsAreKept(t *testing.T) {
	var m memo.Map[int]
	away := errors.New("away")
	for _, err := range []error{away, nil} {
		if _, got := m.Get("a", func() (int, error) { return 0, err }); !errors.Is(got, away) {
			t.Errorf("got %v", got)
		}
	}
}

// One key does not wait for another's answer.
func TestKeysDoNotWaitForEachOther(t *testing.T) {
	var m memo.Map[int]
	got, err := m.Get("outer", func() (int, error) {
		return m.Get("inner", func() (int, error) { return 1, nil })
	})
	if got != 1 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
}
