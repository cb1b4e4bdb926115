package test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

// Docker's defaults for what a health check leaves out.
const (
	defaultInterval = 30 * time.Second
	defaultTimeout  = 30 * time.Second
	defaultRetries  = 3
)

// Most services are up within a second, and their daemon would look first
// after a whole interval. So probing begins at once and slows down: it pauses
// for a part of the time that the service has taken so far, so that what is lost
// between two probes stays small beside it.
const (
	firstPause = 25 * time.Millisecond
	pauseLimit = time.Second
	pausePart  = 8
)

// pause is how long to wait before the next probe.
func (h *Health) pause(since time.Duration) time.Duration {
	return min(max(since/pausePart, firstPause), pauseLimit, cmp.Or(h.Interval, pauseLimit))
}

// Health is a service's health check: a probe, or else the ports that it must
// listen on.
type Health struct {
	Probe       []string // command executed in the container; exit code 0 is healthy
	Ports       []string // "8080/tcp"
	Interval    time.Duration
	Timeout     time.Duration // of one probe
	StartPeriod time.Duration
	Retries     int
}

// deadline is when Docker would have called the service unhealthy.
func (h *Health) deadline() time.Duration {
	interval := cmp.Or(h.Interval, defaultInterval)
	retries := cmp.Or(h.Retries, defaultRetries)
	return h.StartPeriod + time.Duration(retries)*(interval+cmp.Or(h.Timeout, defaultTimeout))
}

// ask gives the state of a container now.
type ask func(ctx context.Context) (engine.Health, error)

// asks is how the container is asked, if it can be.
func (h *Health) asks(c engine.Container) (ask, error) {
	if len(h.Probe) > 0 {
		if checker, ok := c.(engine.HealthChecker); ok {
			return func(ctx context.Context) (engine.Health, error) { return checker.Health(ctx, h.Probe) }, nil
		}
	} else if prober, ok := c.(engine.PortProber); ok {
		return func(ctx context.Context) (engine.Health, error) { return prober.Listening(ctx, h.Ports) }, nil
	}
	return nil, engine.ErrUnsupported
}

// await asks until the service is healthy, has ended, or is late.
func (h *Health) await(ctx context.Context, n *node, ask ask) (time.Duration, error) {
	begun := time.Now()
	late := time.After(h.deadline())
	for last := ""; ; {
		state, err := h.once(ctx, ask)
		switch {
		case err != nil:
			return time.Since(begun), fmt.Errorf("service %s: %w", n.Name, err)
		case !state.Running:
			return time.Since(begun), &unfit{
				service: n.Name, tail: n.output.lastLines(),
				reason: fmt.Sprintf("ended with exit code %d before it was healthy", state.ExitCode),
			}
		case state.Healthy:
			return time.Since(begun), nil
		}
		last = cmp.Or(state.Output, last)
		select {
		case <-ctx.Done():
			return time.Since(begun), context.Cause(ctx)
		case <-late:
			return time.Since(begun), &unfit{
				service: n.Name, tail: n.output.lastLines(),
				reason: fmt.Sprintf("was not healthy after %s; its health check said: %s", h.deadline(), cmp.Or(last, "nothing")),
			}
		case <-time.After(h.pause(time.Since(begun))):
		}
	}
}

// once asks once. A probe that takes too long is one that failed.
func (h *Health) once(ctx context.Context, ask ask) (engine.Health, error) {
	limited, cancel := context.WithTimeout(ctx, cmp.Or(h.Timeout, defaultTimeout))
	defer cancel()
	state, err := ask(limited)
	if err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		return engine.Health{Running: true, Output: "the probe timed out"}, nil
	}
	return state, err
}

// once runs a function once and gives its error to all who ask.
type once struct {
	sync.Once
	err error
}

func (o *once) do(f func() error) error {
	o.Do(func() { o.err = f() })
	return o.err
}
