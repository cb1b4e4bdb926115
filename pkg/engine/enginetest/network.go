package enginetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

func (s *suite) testNetwork(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"names":     s.networkNames,
		"host":      s.networkOfHost,
		"cancelled": s.networkCancelled,
	})
}

// Containers of one network find each other by alias, those of another do not.
func (s *suite) networkNames(t *testing.T) {
	shop, other := s.network(t, "shop"), s.network(t, "other")
	s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"serve", ":8080"}, Network: shop.ID(), Aliases: []string{"web", "www"}})
	for _, url := range []string{"http://web:8080/", "http://www:8080/"} {
		if got := s.runSpec(t, engine.ContainerSpec{Image: s.image, Network: shop.ID(), Cmd: []string{"get", url}}); got.stdout != "ok\n" {
			t.Errorf("%s: exit code %d, %q, %q", url, got.code, got.stdout, got.stderr)
		}
	}
	for name, network := range map[string]string{"another network": other.ID(), "none": "none"} {
		got := s.runSpec(t, engine.ContainerSpec{
			Image: s.image, Network: network, Aliases: []string{"here"}, Cmd: []string{"get", "http://web:8080/", "0s"},
		})
		if got.code == 0 {
			t.Errorf("from %s the container was reached", name)
		}
	}
}

// On the network of the engine's host a container has no names, and may have
// all else.
func (s *suite) networkOfHost(t *testing.T) {
	port := freePort(t)
	s.start(t, engine.ContainerSpec{Image: s.image, Network: "host", Cmd: []string{"serve", fmt.Sprintf("127.0.0.1:%d", port)}})
	got := s.runSpec(t, engine.ContainerSpec{
		Image: s.image, Network: "host", Aliases: []string{"here"}, Hostname: "unit", ExtraHosts: []string{"web:127.0.0.1"},
		Cmd: []string{"get", fmt.Sprintf("http://web:%d/", port), ";", "hostname"},
	})
	if got.stdout != "ok\nunit\n" {
		t.Errorf("exit code %d, %q, %q", got.code, got.stdout, got.stderr)
	}
}

// The final test finds what was given up at any moment.
func (s *suite) networkCancelled(t *testing.T) {
	networker := need[engine.Networker](t, s)
	for i := range 6 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*25)*time.Millisecond)
		n, err := networker.CreateNetwork(ctx, engine.NetworkSpec{
			Name: fmt.Sprintf("retort-enginetest-%s-cancel-%d", s.owner.Run, i), Labels: s.owner.Labels(),
		})
		if err == nil {
			err = n.Remove(t.Context())
		} else if errors.Is(err, context.DeadlineExceeded) {
			err = nil
		}
		if err != nil {
			t.Error(err)
		}
		cancel()
	}
}

// network makes one that is removed with the test, after its containers.
func (s *suite) network(t *testing.T, name string) engine.Network {
	t.Helper()
	n, err := need[engine.Networker](t, s).CreateNetwork(t.Context(), engine.NetworkSpec{
		Name: "retort-enginetest-" + s.owner.Run + "-" + name, Labels: s.owner.Labels(),
	})
	if err != nil {
		t.Fatalf("create network: %v", err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := n.Remove(context.WithoutCancel(t.Context())); err != nil {
				t.Errorf("remove network: %v", err)
			}
		}
	})
	return n
}
