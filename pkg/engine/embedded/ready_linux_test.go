package embedded_test

import (
	"testing"

	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// BenchmarkReady is from nothing to a daemon that answers, on a state directory that
// has built before. It is to be at most 60 ms.
func BenchmarkReady(b *testing.B) {
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
	for b.Loop() {
		e := begin()
		b.StopTimer()
		end(e)
		b.StartTimer()
	}
}
