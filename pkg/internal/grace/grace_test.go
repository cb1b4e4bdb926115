package grace_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/retort-ci/retort/pkg/internal/grace"
)

func TestOutlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		late, cancel := grace.Outlive(ctx, 4*time.Second)
		defer cancel()
		time.Sleep(59 * time.Second)
		if late.Err() != nil {
			t.Error("ended while the caller waits")
		}
		begun := time.Now()
		stop()
		<-late.Done()
		if took := time.Since(begun); took != 4*time.Second || !errors.Is(context.Cause(late), context.DeadlineExceeded) {
			t.Errorf("ended after %s, %v", took, context.Cause(late))
		}
	})
}

// A daemon that hangs must not hang its caller, told to stop or not.
func TestOutliveIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late, cancel := grace.Outlive(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		<-late.Done()
		if took := time.Since(begun); took != time.Minute+time.Second {
			t.Errorf("ended after %s", took)
		}
	})
}

func TestOutliveAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		late, cancel := grace.Outlive(ctx, time.Second)
		defer cancel()
		begun := time.Now()
		<-late.Done()
		if took := time.Since(begun); took != time.Second {
			t.Errorf("ended after %s", took)
		}
	})
}

func TestOutliveIsCancelled(t *testing.T) {
	late, cancel := grace.Outlive(t.Context(), time.Hour)
	cancel()
	if !errors.Is(late.Err(), context.Canceled) {
		t.Errorf("ended with %v", late.Err())
	}
}
