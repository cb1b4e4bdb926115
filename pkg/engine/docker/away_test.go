package docker_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/progress"
)

func wantAway(t *testing.T, err error, address string) {
	t.Helper()
	if !errors.Is(err, engine.ErrUnavailable) || fault.SideOf(err) != fault.Infrastructure {
		t.Errorf("error is %v on side %v, want the engine unavailable", err, fault.SideOf(err))
		return
	}
	if !strings.Contains(err.Error(), address) || fault.HintOf(err) == "" {
		t.Errorf("%q with the hint %q: want the address %s and a way out", err, fault.HintOf(err), address)
	}
}

// Whatever is asked of a daemon that does not run, the answer names its address.
func TestNoDaemon(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "tcp://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	e, err := docker.New(docker.Options{Host: address})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	image := "127.0.0.1:1/app@sha256:" + strings.Repeat("0", 64)
	for name, ask := range map[string]func(context.Context) error{
		"Describe": func(ctx context.Context) error { _, err := e.Describe(ctx); return err },
		"Build": func(ctx context.Context) error {
			_, err := e.Build(ctx, engine.BuildSpec{Context: t.TempDir()})
			return err
		},
		"Start": func(ctx context.Context) error {
			_, err := e.Start(ctx, engine.ContainerSpec{Image: image})
			return err
		},
		"CreateNetwork": func(ctx context.Context) error {
			_, err := e.CreateNetwork(ctx, engine.NetworkSpec{Name: "x"})
			return err
		},
		"CreateVolume": func(ctx context.Context) error {
			_, err := e.CreateVolume(ctx, engine.VolumeSpec{Name: "x"})
			return err
		},
		"InspectImage": func(ctx context.Context) error { _, err := e.InspectImage(ctx, image); return err },
		"Export": func(ctx context.Context) error {
			_, err := e.Export(ctx, image, t.TempDir(), engine.ExportOptions{})
			return err
		},
		"Pull":    func(ctx context.Context) error { _, err := e.Pull(ctx, image); return err },
		"KnownAs": func(ctx context.Context) error { _, err := e.KnownAs(ctx, image); return err },
		"Sweep":   func(ctx context.Context) error { _, err := e.Sweep(ctx); return err },
	} {
		t.Run(name, func(t *testing.T) { wantAway(t, ask(t.Context()), address) })
	}
}

// behindProxy gives the daemon behind a proxy, and an image of the probe that
// is removed, with everything else of the run, at the end.
func behindProxy(t *testing.T) (*docker.Engine, *dockertest.Proxy, string, owner.Owner) {
	t.Helper()
	direct, run := dockertest.Open(t), owner.Self(time.Hour)
	image := probe.Image(t, direct, run.Labels())
	t.Cleanup(func() {
		if err := direct.Clear(context.WithoutCancel(t.Context()), run.Run); err != nil {
			t.Error(err)
		}
	})
	proxy := dockertest.NewProxy(t)
	e, err := docker.New(docker.Options{Host: proxy.Host()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e, proxy, image, run
}

func TestDaemonGoesAwayWhileBuilding(t *testing.T) {
	t.Parallel()
	e, proxy, _, run := behindProxy(t)
	dir := probe.Context(t, "FROM scratch\nCOPY probe /probe\nRUN [\"/probe\",\"echo\",\"begun\",\";\",\"sleep\",\"1m\"]\n", nil)
	_, err := e.Build(t.Context(), engine.BuildSpec{Context: dir, Labels: run.Labels(), Progress: progress.Func(func(e progress.Event) {
		if e.Text == "begun" {
			proxy.Cut()
		}
	})})
	wantAway(t, err, "")
}

func TestDaemonGoesAwayWhileWaiting(t *testing.T) {
	t.Parallel()
	e, proxy, image, run := behindProxy(t)
	started := make(chan struct{})
	c, err := e.Start(t.Context(), engine.ContainerSpec{
		Image: image, Labels: run.Labels(), Cmd: []string{"echo", "begun", ";", "hang"},
		Stdout: &trigger{do: func() { <-started; proxy.Cut() }},
	})
	if err != nil {
		t.Fatal(err)
	}
	close(started)
	code, err := c.Wait(t.Context())
	wantAway(t, err, proxy.Host())
	if code != 0 {
		t.Errorf("exit code %d was made up", code)
	}
	_, err = c.(engine.HealthChecker).Health(t.Context(), nil)
	wantAway(t, err, proxy.Host())
	wantAway(t, c.Remove(t.Context()), proxy.Host())
}

func TestDaemonGoesAwayWhileCopying(t *testing.T) {
	t.Parallel()
	e, proxy, image, run := behindProxy(t)
	c, err := e.Start(t.Context(), engine.ContainerSpec{Image: image, Labels: run.Labels(), Cmd: []string{"big", "/big", "64000000"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	proxy.CutAfter(20_000) // the daemon compresses the zeros to more than that
	stream, err := c.(engine.FileCopier).CopyFrom(t.Context(), "/big")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	_, err = io.Copy(io.Discard, stream)
	wantAway(t, err, proxy.Host())
}

func TestDaemonGoesAwayWhileExporting(t *testing.T) {
	t.Parallel()
	e, proxy, image, _ := behindProxy(t)
	proxy.CutAfter(1_000_000)
	_, err := e.Export(t.Context(), image, t.TempDir(), engine.ExportOptions{})
	wantAway(t, err, proxy.Host())
}

// trigger does something with the first bytes written to it.
type trigger struct {
	once sync.Once
	do   func()
}

func (w *trigger) Write(p []byte) (int, error) {
	w.once.Do(w.do)
	return len(p), nil
}
