package test_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/internal/versus"
	"github.com/retort-ci/retort/pkg/step/test"
)

// track is where a contest takes place: the real engine with an image of the
// probe. All that anyone makes there carries the labels, and is removed at the
// end, also when the benchmark fails or is interrupted.
type track struct {
	ctx    context.Context //nolint:containedctx // the benchmark's, less interrupts
	engine *dockertest.Engine
	image  string
	run    string
	labels map[string]string
	opts   test.Options
}

func newTrack(b *testing.B) *track {
	b.Helper()
	eng, self := dockertest.Open(b), owner.Self(time.Hour)
	ctx, stop := signal.NotifyContext(b.Context(), os.Interrupt, syscall.SIGTERM)
	t := &track{ctx: ctx, engine: eng, run: self.Run, labels: self.Labels()}
	b.Cleanup(func() {
		stop()
		if err := eng.Clear(context.WithoutCancel(ctx), self.Run); err != nil {
			b.Error(err)
		}
	})
	t.image = t.build(b, "")
	t.opts = test.Options{
		Reports: filepath.Join(b.TempDir(), "reports"), Logs: filepath.Join(b.TempDir(), "logs"), Labels: t.labels,
	}
	return t
}

// build gives the ID of an image of the probe with more lines in its Dockerfile.
func (t *track) build(b *testing.B, lines string) string {
	b.Helper()
	built, err := t.engine.Build(t.ctx, engine.BuildSpec{
		Context: probe.Context(b, probe.Dockerfile+lines, nil), Labels: t.labels,
	})
	if err != nil {
		b.Fatal(err)
	}
	return built.ID
}

// suite is one container that does the probe's commands.
func (t *track) suite(name string, commands ...string) test.Suite {
	return test.Suite{Name: name, Container: engine.ContainerSpec{Image: t.image, Cmd: commands}, Timeout: time.Minute}
}

// pass runs the suites, which must pass and leave nothing behind.
func (t *track) pass(suites ...test.Suite) error {
	opts := t.opts
	opts.Suites = suites
	result, err := test.Run(t.ctx, t.engine, opts)
	if err != nil {
		return err
	}
	for _, o := range result.Suites {
		if o.Verdict != test.Passed {
			return fmt.Errorf("suite %s %s", o.Suite, o.Summary())
		}
	}
	return nil
}

// exits0 makes an error of any other exit code.
func exits0(code int, err error) error {
	if err == nil && code != 0 {
		err = fmt.Errorf("exit code %d", code)
	}
	return err
}

// BenchmarkVersusBareCalls runs one container that ends at once: what a suite
// costs beyond the engine's own time, with its log, its report and its verdict.
func BenchmarkVersusBareCalls(b *testing.B) {
	t := newTrack(b)
	cmd := []string{"echo", "one line", ";", "exit", "0"}
	suite := t.suite("one", cmd...)
	versus.Run(b, versus.Work{
		Name: "one container to its exit code", Rounds: 31,
		Ours: func() error { return t.pass(suite) },
		Peers: []versus.Peer{{
			Name: "five bare API calls", Limit: 1.15,
			Do: func() error { return exits0(t.engine.RunBare(t.ctx, t.image, cmd, t.labels)) },
		}},
	})
}

// BenchmarkVersusInTurn runs eight suites that each wait for something for
// 300 ms, as tests of services do most of the time. The default of
// Options.Parallel is what is measured.
func BenchmarkVersusInTurn(b *testing.B) {
	t := newTrack(b)
	var suites []test.Suite
	for i := range 8 {
		suites = append(suites, t.suite(fmt.Sprintf("s%d", i), "sleep", "300ms", ";", "echo", "done"))
	}
	versus.Run(b, versus.Work{
		Name: "eight suites in one run",
		Ours: func() error { return t.pass(suites...) },
		Peers: []versus.Peer{{
			Name: "eight runs in turn", Limit: 0.6,
			Do: func() error {
				var errs []error
				for _, s := range suites {
					errs = append(errs, t.pass(s))
				}
				return errors.Join(errs...)
			},
		}},
	})
}
