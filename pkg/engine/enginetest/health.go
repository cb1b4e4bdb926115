package enginetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

func (s *suite) testHealth(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"becomes healthy": s.becomesHealthy,
		"without a probe": s.healthWithoutProbe,
		"ended":           s.healthOfEnded,
		"ends meanwhile":  s.healthOfEnding,
		"probe hangs":     s.probeHangs,
		"probe missing":   s.probeMissing,
		"probe floods":    s.probeFloods,
	})
}

func checker(t *testing.T, c engine.Container) engine.HealthChecker {
	t.Helper()
	h, ok := c.(engine.HealthChecker)
	if !ok {
		t.Skip("containers of this engine have no health")
	}
	return h
}

func (s *suite) becomesHealthy(t *testing.T) {
	s.networked(t) // its port is one of many
	c := checker(t, s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"serve", "127.0.0.1:8080", "1s"}}))
	probe := []string{"/probe", "get", "http://127.0.0.1:8080/", "0s"}
	unhealthy := 0
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); unhealthy++ {
		h, err := c.Health(t.Context(), probe)
		if err != nil {
			t.Fatal(err)
		}
		if h.Healthy {
			if unhealthy == 0 || h.Output != "ok" || !h.Running {
				t.Errorf("healthy after %d probes that were not: %+v", unhealthy, h)
			}
			return
		}
		if !strings.Contains(h.Output, "refused") {
			t.Errorf("the failed probe's output is %q", h.Output)
		}
	}
	t.Error("never healthy")
}

func (s *suite) healthWithoutProbe(t *testing.T) {
	c := checker(t, s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}}))
	if h, err := c.Health(t.Context(), nil); err != nil || !h.Running || h.Healthy {
		t.Errorf("health is %+v, %v; want running, no more", h, err)
	}
}

func (s *suite) healthOfEnded(t *testing.T) {
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"exit", "6"}})
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	h, err := checker(t, c).Health(t.Context(), []string{"/probe", "echo"})
	if err != nil || h.Running || h.Healthy || h.ExitCode != 6 {
		t.Errorf("health is %+v, %v; want ended with 6", h, err)
	}
}

// A container that ends while it is probed is one that has ended: no error.
func (s *suite) healthOfEnding(t *testing.T) {
	for range 5 {
		c := checker(t, s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"sleep", "50ms", ";", "exit", "6"}}))
		for running := true; running; {
			h, err := c.Health(t.Context(), []string{"/probe", "exists", "/probe"})
			if err != nil {
				t.Fatal(err)
			}
			if running = h.Running; !running && h.ExitCode != 6 {
				t.Errorf("ended with %d, want 6", h.ExitCode)
			}
		}
	}
}

func (s *suite) probeHangs(t *testing.T) {
	c := checker(t, s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}}))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begun := time.Now()
	h, err := c.Health(ctx, []string{"/probe", "hang"})
	wantErr(t, err, context.DeadlineExceeded)
	if took := time.Since(begun); took > prompt || h.Healthy {
		t.Errorf("came back after %s: %+v", took, h)
	}
}

// A probe that is not in the image is one that fails, with the reason.
func (s *suite) probeMissing(t *testing.T) {
	c := checker(t, s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}}))
	h, err := c.Health(t.Context(), []string{"/bin/nosuch"})
	if err != nil || h.Healthy || !strings.Contains(h.Output, "nosuch") {
		t.Errorf("health is %+v, %v; want unhealthy, naming the command", h, err)
	}
}

// What a probe prints without end is not kept.
func (s *suite) probeFloods(t *testing.T) {
	c := checker(t, s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}}))
	h, err := c.Health(t.Context(), []string{"/probe", "flood", "100000"})
	if err != nil || !h.Healthy || len(h.Output) > 64<<10 {
		t.Errorf("healthy %v with %d bytes of output, %v", h.Healthy, len(h.Output), err)
	}
}
