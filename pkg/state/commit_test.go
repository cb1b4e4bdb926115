package state_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/state"
)

func TestFor(t *testing.T) {
	a, b := strings.Repeat("a", 40), strings.Repeat("b", 40)
	built := func(commit string) state.Run {
		return state.Run{Commit: commit, Services: map[string]state.Service{"orders": {Image: "sha256:1"}}}
	}
	tests := []struct {
		name   string
		run    state.Run
		commit string
		want   []string // in the message; none: no error
	}{
		{"same", built(a), a, nil},
		{"other", built(a), b, []string{"is of commit aaaaaaaaaaaa,", "at commit bbbbbbbbbbbb"}},
		{"nothing was run", state.Run{}, b, nil},
		{"commit unknown here", built(a), "", nil},
		{"built without git", built(""), b, []string{"outside a git repository", "bbbbbbbbbbbb"}},
		{"no git at all", built(""), "", nil},
		{"a short commit", built("abc"), b, []string{"commit abc,"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.run.For(tc.commit)
			if tc.want == nil {
				if err != nil {
					t.Fatalf("got %v, want no error", err)
				}
				return
			}
			if fault.SideOf(err) != fault.Usage || fault.HintOf(err) != "retort build" {
				t.Fatalf("got %v, side %v, hint %q", err, fault.SideOf(err), fault.HintOf(err))
			}
			for _, part := range tc.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
		})
	}
}

func TestBegin(t *testing.T) {
	run := full()
	run.Begin(run.Project, run.Commit, false)
	want := full()
	want.Dirty = false
	if !reflect.DeepEqual(run, want) {
		t.Errorf("the same commit: got %+v, want what was there", run)
	}
	run.Begin("shop", "other", true)
	run.Services["orders"] = state.Service{Image: "sha256:2"} // the maps are there to write into
	want = state.Run{
		Version: state.Version, Project: "shop", Commit: "other", Dirty: true,
		Services: map[string]state.Service{"orders": {Image: "sha256:2"}},
		Suites:   map[string]state.Suite{},
	}
	if !reflect.DeepEqual(run, want) {
		t.Errorf("another commit: got %+v, want %+v", run, want)
	}
}
