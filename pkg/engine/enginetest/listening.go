package enginetest

import (
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

func (s *suite) testListening(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"begins":         s.listens,
		"not all":        s.listensOnOne,
		"loopback":       s.listensOnLoopback,
		"no TCP":         s.listensNowhere,
		"ended":          s.listenedBefore,
		"host network":   s.listensOnHost,
		"no network":     s.listensAlone,
		"cannot be told": s.listensUntold,
	})
}

func prober(t *testing.T, c engine.Container) engine.PortProber {
	t.Helper()
	p, ok := c.(engine.PortProber)
	if !ok {
		t.Skip("containers of this engine do not tell who listens")
	}
	return p
}

// silent asks until all ports are listened on, and gives what was said before.
func silent(t *testing.T, c engine.Container, ports ...string) []string {
	t.Helper()
	var outputs []string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		h, err := prober(t, c).Listening(t.Context(), ports)
		if err != nil || !h.Running {
			t.Fatalf("health is %+v, %v", h, err)
		}
		if h.Healthy {
			return outputs
		}
		outputs = append(outputs, h.Output)
	}
	t.Fatal("nobody listens")
	return nil
}

func (s *suite) listens(t *testing.T) {
	n := s.network(t, "listens")
	for name, spec := range map[string]engine.ContainerSpec{"own network": {Network: n.ID()}, "default network": {}} {
		spec.Image, spec.Cmd = s.image, []string{"serve", ":8080", "1s"}
		before := silent(t, s.start(t, spec), "8080/tcp", "9/udp")
		if len(before) == 0 || !strings.Contains(before[0], "8080") || strings.Contains(before[0], "9/udp") {
			t.Errorf("%s: it listened after %q", name, before)
		}
	}
}

func (s *suite) listensOnOne(t *testing.T) {
	s.networked(t) // its port is one of many
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"serve", ":8080"}})
	silent(t, c, "8080")
	h, err := prober(t, c).Listening(t.Context(), []string{"8080/tcp", "8081/tcp"})
	if err != nil || h.Healthy || !strings.Contains(h.Output, "8081") || strings.Contains(h.Output, "8080") {
		t.Errorf("health is %+v, %v; want 8081 silent", h, err)
	}
}

// Who listens for its own container alone serves nobody else.
func (s *suite) listensOnLoopback(t *testing.T) {
	s.networked(t) // its port is one of many
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"serve", "127.0.0.1:8080"}})
	if h, err := checker(t, c).Health(t.Context(), []string{"/probe", "get", "http://127.0.0.1:8080/"}); err != nil || !h.Healthy {
		t.Fatalf("health is %+v, %v", h, err)
	}
	if h, err := prober(t, c).Listening(t.Context(), []string{"8080/tcp"}); err != nil || h.Healthy {
		t.Errorf("health is %+v, %v; want it silent", h, err)
	}
}

// Where there is nothing to listen for, to run is enough.
func (s *suite) listensNowhere(t *testing.T) {
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}})
	for _, ports := range [][]string{nil, {"53/udp"}} {
		if h, err := prober(t, c).Listening(t.Context(), ports); err != nil || !h.Healthy || !h.Running {
			t.Errorf("%v: health is %+v, %v", ports, h, err)
		}
	}
	if _, err := prober(t, c).Listening(t.Context(), []string{"http/tcp"}); err == nil {
		t.Error("a port without a number was understood")
	}
}

func (s *suite) listenedBefore(t *testing.T) {
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"exit", "6"}})
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	h, err := prober(t, c).Listening(t.Context(), []string{"8080/tcp"})
	if err != nil || h.Running || h.Healthy || h.ExitCode != 6 {
		t.Errorf("health is %+v, %v; want ended with 6", h, err)
	}
}
