package enginetest

import (
	"bytes"
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
		"later":     s.networkLater,
		"together":  s.networkTogether,
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

// A later container is found by an earlier one.
func (s *suite) networkLater(t *testing.T) {
	n := s.network(t, "later")
	var out bytes.Buffer
	earlier := s.start(t, engine.ContainerSpec{
		Image: s.image, Network: n.ID(), Aliases: []string{"earlier"}, Stderr: &out, Cmd: []string{"get", "http://later:8080/", "20s"},
	})
	s.start(t, engine.ContainerSpec{Image: s.image, Network: n.ID(), Aliases: []string{"later"}, Cmd: []string{"serve", ":8080"}})
	if code, err := earlier.Wait(t.Context()); code != 0 || err != nil {
		t.Errorf("the earlier container ended with %d, %v: %s", code, err, out.String())
	}
}

// Containers that are started side by side find each other, whoever is first.
func (s *suite) networkTogether(t *testing.T) {
	n := s.network(t, "together")
	for i := range 3 {
		alias := fmt.Sprintf("server%d", i)
		server := make(chan error, 1)
		go func() {
			c, err := need[engine.Runner](t, s).Start(t.Context(), engine.ContainerSpec{
				Image: s.image, Network: n.ID(), Aliases: []string{alias}, Labels: s.owner.Labels(), Cmd: []string{"serve", ":8080"},
			})
			if err == nil {
				t.Cleanup(func() { _ = c.Remove(context.WithoutCancel(t.Context())) })
			}
			server <- err
		}()
		got := s.runSpec(t, engine.ContainerSpec{Image: s.image, Network: n.ID(), Cmd: []string{"get", "http://" + alias + ":8080/", "20s"}})
		if err := <-server; err != nil || got.code != 0 {
			t.Errorf("%v; the other ended with %d: %s", err, got.code, got.stderr)
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
	s.networked(t)
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
	s.networked(t)
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
