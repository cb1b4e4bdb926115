package test_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/test"
)

// stuck is a container that neither ends nor can be removed, as on a daemon that
// hangs.
type stuck struct{ still }

func (stuck) Wait(ctx context.Context) (int, error) {
	<-ctx.Done()
	return 0, context.Cause(ctx)
}

func (stuck) Remove(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// A daemon that hangs takes no more than 4 s of the five that Jenkins gives an
// aborted step, and what it keeps is told.
func TestCancelledOnADaemonThatHangs(t *testing.T) {
	opts := fakeOptions(t, nil)
	opts.Suites = append(opts.Suites, test.Suite{Name: "e2e"}, test.Suite{Name: "lint"})
	opts.Parallel = 2 // the third has no place, and does not begin when there is one
	events := &recorder{}
	opts.Progress = events
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		begun := time.Now()
		time.AfterFunc(time.Minute, func() { cancel(errStop) })
		_, err := test.Run(ctx, fake{func() engine.Container { return stuck{} }}, opts)
		if took := time.Since(begun) - time.Minute; !errors.Is(err, errStop) || took != 4*time.Second {
			t.Errorf("over %s after the cancellation, %v", took, err)
		}
	})
	if told := events.texts(progress.Warning); strings.Count(told, "clean up: ") != 2 {
		t.Errorf("warned %q", told)
	}
}
