package test_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/test"
)

var errStop = errors.New("stop")

// busy are two suites with services that never end.
func (b *bench) busy() []test.Suite {
	var all []test.Suite
	for _, name := range []string{"a", "b"} {
		s := b.suite(name, "echo", "running", ";", "hang")
		s.Services = []test.Service{
			{Name: "web", Container: b.container("serve", ":8080", "100ms"), Health: webHealth()},
			{Name: "side", Container: b.container("hang")},
		}
		s.DependsOn = append(on("web", test.Healthy), on("side", test.Started)...)
		s.Reports = []string{"/reports/*.xml"}
		all = append(all, s)
	}
	return all
}

// Whenever a run is given up, it is soon over and has removed what it made. The
// bench looks at the engine.
func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, ms := range []int{0, 30, 80, 150, 300, 600} {
		t.Run(fmt.Sprintf("after %d ms", ms), func(t *testing.T) {
			t.Parallel()
			cancelled(t, func(*bench) (context.Context, context.CancelFunc) {
				return context.WithTimeoutCause(t.Context(), time.Duration(ms)*time.Millisecond, errStop)
			})
		})
	}
	t.Run("while suites run", func(t *testing.T) {
		t.Parallel()
		cancelled(t, func(b *bench) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(t.Context())
			b.events.do = func() { cancel(errStop) }
			b.events.when = func(e progress.Event) bool { return e.Text == "running" }
			return ctx, func() { cancel(nil) }
		})
	})
}

// cancelled runs busy suites until the context ends that begin gives. In 4 s all
// must be over. A daemon may be held up for longer by what else is on the machine,
// but not three times in a row; so a run that is late is tried again, with a bench
// of its own: it may have left things under the names of the first.
func cancelled(t *testing.T, begin func(*bench) (context.Context, context.CancelFunc)) {
	t.Helper()
	const limit, tries = 4 * time.Second, 3
	var late []time.Duration
	for len(late) < tries {
		took := newBench(t).cancelledOnce(t, begin)
		if took <= limit {
			return
		}
		late = append(late, took)
	}
	t.Errorf("over %v after the cancellation, want %s at most", late, limit)
}

// cancelledOnce gives the time from the end of the context to that of the run.
func (b *bench) cancelledOnce(t *testing.T, begin func(*bench) (context.Context, context.CancelFunc)) time.Duration {
	t.Helper()
	b.opts.Suites = b.busy()
	ctx, cancel := begin(b)
	defer cancel()
	over := make(chan time.Time, 1)
	defer context.AfterFunc(ctx, func() { over <- time.Now() })()
	result, err := test.Run(ctx, b.engine, b.opts)
	if !errors.Is(err, errStop) {
		t.Errorf("error is %v, want the cause of the cancellation", err)
	}
	if result.Passed() {
		t.Error("passed")
	}
	return time.Since(<-over)
}

// An engine that goes away is no verdict on what is tested.
func TestEngineGoesAway(t *testing.T) {
	t.Parallel()
	cut := (*dockertest.Proxy).Cut
	for name, c := range map[string]struct {
		when func(progress.Event) bool
		do   func(*dockertest.Proxy)
	}{
		"before the suite":         {func(e progress.Event) bool { return e.Task == "web healthy" }, cut},
		"while the suite runs":     {func(e progress.Event) bool { return e.Text == "running" }, cut},
		"while reports are copied": {func(e progress.Event) bool { return e.Text == "running" }, func(p *dockertest.Proxy) { p.CutAfter(30_000) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			t.Cleanup(func() { // what the lost connection left, a later sweep removes
				if err := b.engine.Clear(context.WithoutCancel(t.Context()), b.run); err != nil {
					t.Error(err)
				}
			})
			proxy := dockertest.NewProxy(t)
			eng, err := docker.New(docker.Options{Host: proxy.Host()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = eng.Close() }()
			s := b.busy()[0]
			if strings.Contains(name, "copied") { // it ends, and its report is long
				s.Container.Cmd = []string{"big", "/reports/a.xml", "64000000", ";", "echo", "running"}
			}
			b.opts.Suites = []test.Suite{s}
			b.events.when, b.events.do = c.when, func() { c.do(proxy) }
			result, err := test.Run(t.Context(), eng, b.opts)
			if !errors.Is(err, engine.ErrUnavailable) || fault.SideOf(err) != fault.Infrastructure {
				t.Errorf("error is %v on side %v", err, fault.SideOf(err))
			}
			if v := result.Suites[0].Verdict; v != "" || result.Passed() {
				t.Errorf("came to the verdict %q", v)
			}
		})
	}
}
