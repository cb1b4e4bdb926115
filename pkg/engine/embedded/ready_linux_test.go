package embedded_test

import (
	"slices"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/internal/versus"
)

// BenchmarkVersusReady is from nothing to a daemon that answers, on a state directory
// that has built before.
func BenchmarkVersusReady(b *testing.B) {
	state := b.TempDir()
	begin := func() *embedded.Engine {
		e, err := embedded.New(embedded.Options{StateDir: state})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := e.Describe(b.Context()); err != nil {
			b.Fatal(err)
		}
		return e
	}
	end := func(e *embedded.Engine) {
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
	warm := begin()
	probe.Image(b, warm, nil)
	end(warm)
	took := make([]time.Duration, 15)
	for i := range took {
		begun := time.Now()
		e := begin()
		took[i] = time.Since(begun)
		end(e)
	}
	slices.Sort(took)
	versus.Amount{
		Work: "embedded engine, from its start to ready", Unit: "ms", Got: int(took[len(took)/2].Milliseconds()), Limit: 60,
	}.Report(b)
}
