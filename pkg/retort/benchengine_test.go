package retort_test

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// benchEngine is the real engine, for a benchmark whose context an interrupt ends.
// What it makes as the owner is removed at the end, also then.
func benchEngine(b *testing.B) (context.Context, *dockertest.Engine, owner.Owner) {
	b.Helper()
	eng, self := dockertest.Open(b), owner.Self(time.Hour)
	ctx, stop := signal.NotifyContext(b.Context(), os.Interrupt, syscall.SIGTERM)
	b.Cleanup(func() {
		stop()
		if err := eng.Clear(context.WithoutCancel(ctx), self.Run); err != nil {
			b.Error(err)
		}
	})
	return ctx, eng, self
}
