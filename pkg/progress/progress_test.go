package progress_test

import (
	"slices"
	"testing"

	"github.com/retort-ci/retort/pkg/progress"
)

func TestTee(t *testing.T) {
	var got []string
	to := func(name string) progress.Sink {
		return progress.Func(func(e progress.Event) { got = append(got, name+e.Text) })
	}
	progress.Tee(to("a"), progress.Discard, to("b")).Emit(progress.Event{Text: "1"})
	if want := []string{"a1", "b1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOr(t *testing.T) {
	progress.Or(nil).Emit(progress.Event{}) // must not panic
	heard := false
	progress.Or(progress.Func(func(progress.Event) { heard = true })).Emit(progress.Event{})
	if !heard {
		t.Error("the sink was not used")
	}
}
