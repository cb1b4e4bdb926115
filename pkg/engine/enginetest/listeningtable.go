package enginetest

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

// withCat is an image in which the socket table can be read.
func (s *suite) withCat(t *testing.T) string {
	t.Helper()
	return s.build(t, s.spec(t, fromProbe+"COPY probe /bin/cat\n", nil)).ID
}

// On the engine's own network a listener on the loopback device does serve the
// others that are there.
func (s *suite) listensOnHost(t *testing.T) {
	port := freePort(t)
	for name, image := range map[string]string{"with cat": s.withCat(t), "without": s.image} {
		c := s.start(t, engine.ContainerSpec{Image: image, Network: "host", Cmd: []string{"serve", fmt.Sprintf("127.0.0.1:%d", port), "2s"}})
		if before := silent(t, c, fmt.Sprintf("%d/tcp", port)); len(before) == 0 {
			t.Errorf("%s: it listened at once", name)
		}
		if err := c.Remove(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// freePort is one that nobody listened on a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// A container without a network is asked from within.
func (s *suite) listensAlone(t *testing.T) {
	image := s.withCat(t)
	c := s.start(t, engine.ContainerSpec{Image: image, Network: "none", Cmd: []string{"serve", ":8080"}})
	silent(t, c, "8080/tcp")
	if h, err := prober(t, c).Listening(t.Context(), []string{"8080/tcp", "8081/tcp"}); err != nil || h.Healthy || !strings.Contains(h.Output, "8081") {
		t.Errorf("health is %+v, %v; want 8081 silent", h, err)
	}
	c = s.start(t, engine.ContainerSpec{Image: image, Network: "none", Cmd: []string{"serve", "127.0.0.1:8080"}})
	if h, err := checker(t, c).Health(t.Context(), []string{"/probe", "get", "http://127.0.0.1:8080/"}); err != nil || !h.Healthy {
		t.Fatalf("health is %+v, %v", h, err)
	}
	if h, err := prober(t, c).Listening(t.Context(), []string{"8080/tcp"}); err != nil || h.Healthy {
		t.Errorf("health is %+v, %v; want it silent", h, err)
	}
}

// An engine that can see it neither from outside nor from within says so, rather
// than to guess. One that can answers as ever.
func (s *suite) listensUntold(t *testing.T) {
	c := s.start(t, engine.ContainerSpec{Image: s.image, Network: "none", Cmd: []string{"serve", ":8080"}})
	if _, err := prober(t, c).Listening(t.Context(), []string{"8080/tcp"}); err == nil {
		silent(t, c, "8080/tcp")
		if h, err := prober(t, c).Listening(t.Context(), []string{"8081/tcp"}); err != nil || h.Healthy {
			t.Errorf("health is %+v, %v; want 8081 silent", h, err)
		}
		return
	}
	for range 2 {
		h, err := prober(t, c).Listening(t.Context(), []string{"8080/tcp"})
		wantErr(t, err, engine.ErrUnsupported)
		if h.Healthy {
			t.Error("it was guessed")
		}
	}
}
