package docker_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// Containers that cannot be reached from here are asked from within, and once
// that has worked nothing else is tried.
func TestListeningOutOfReach(t *testing.T) {
	t.Parallel()
	e := dockertest.Open(t)
	var dialled atomic.Int32
	e.SetDial(func(context.Context, string, string) (net.Conn, error) {
		dialled.Add(1)
		return nil, errors.New("no route to host")
	})
	listened(t, serving(t, e, e.Engine, "COPY probe /bin/cat\n"))
	if n := dialled.Load(); n != 1 {
		t.Errorf("connected %d times, want once", n)
	}
	c := serving(t, e, e.Engine, "")
	if _, err := c.Listening(t.Context(), []string{"8080/tcp"}); !errors.Is(err, engine.ErrUnsupported) {
		t.Errorf("neither way: error is %v", err)
	}
}

// Behind a loopback port there may be another machine, with containers of the
// same addresses: a connection comes last.
func TestListeningThroughATunnel(t *testing.T) {
	t.Parallel()
	direct := dockertest.Open(t)
	e, err := docker.New(docker.Options{Host: dockertest.NewProxy(t).Host()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	var dialled atomic.Int32
	e.SetDial(func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	})
	listened(t, serving(t, direct, e, "COPY probe /bin/cat\n"))
	if n := dialled.Load(); n != 0 {
		t.Errorf("connected %d times although the container can be asked", n)
	}
	listened(t, serving(t, direct, e, ""))
	if dialled.Load() == 0 {
		t.Error("never connected")
	}
}

// A container that was reached and is so no more is not healthy for once, which
// is no reason to ask otherwise.
func TestListeningOutOfReachForOnce(t *testing.T) {
	t.Parallel()
	e := dockertest.Open(t)
	c := serving(t, e, e.Engine, "")
	listened(t, c)
	e.SetDial(func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("i/o timeout") })
	h, err := c.Listening(t.Context(), []string{"8080/tcp"})
	if err != nil || h.Healthy || h.Output == "" {
		t.Errorf("health is %+v, %v", h, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	e.SetDial(func(context.Context, string, string) (net.Conn, error) { cancel(); return nil, ctx.Err() })
	if _, err := c.Listening(ctx, []string{"8080/tcp"}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: error is %v", err)
	}
}

// serving starts the probe's server, in an image with more instructions.
func serving(t *testing.T, keeper *dockertest.Engine, e *docker.Engine, more string) engine.PortProber {
	t.Helper()
	run := owner.Self(time.Hour)
	t.Cleanup(func() {
		if err := keeper.Clear(context.WithoutCancel(t.Context()), run.Run); err != nil {
			t.Error(err)
		}
	})
	built, err := keeper.Build(t.Context(), engine.BuildSpec{Context: probe.Context(t, probe.Dockerfile+more, nil), Labels: run.Labels()})
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Start(t.Context(), engine.ContainerSpec{Image: built.ID, Labels: run.Labels(), Cmd: []string{"serve", ":8080"}})
	if err != nil {
		t.Fatal(err)
	}
	return c.(engine.PortProber)
}

// listened asks until the container listens.
func listened(t *testing.T, c engine.PortProber) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		h, err := c.Listening(t.Context(), []string{"8080/tcp"})
		if err != nil {
			t.Fatal(err)
		}
		if h.Healthy {
			return
		}
	}
	t.Fatal("never listened")
}
