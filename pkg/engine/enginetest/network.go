package enginetest

import (
	"context"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

// testNetwork: containers of one network find each other by alias, those of
// another do not.
func (s *suite) testNetwork(t *testing.T) {
	shop, other := s.network(t, "shop"), s.network(t, "other")
	s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"serve", ":8080"}, Network: shop.ID(), Aliases: []string{"web", "www"}})
	for _, url := range []string{"http://web:8080/", "http://www:8080/"} {
		if got := s.runSpec(t, engine.ContainerSpec{Image: s.image, Network: shop.ID(), Cmd: []string{"get", url}}); got.stdout != "ok\n" {
			t.Errorf("%s: exit code %d, %q, %q", url, got.code, got.stdout, got.stderr)
		}
	}
	for name, network := range map[string]string{"another network": other.ID(), "none": "none"} {
		if got := s.runSpec(t, engine.ContainerSpec{Image: s.image, Network: network, Cmd: []string{"get", "http://web:8080/", "0s"}}); got.code == 0 {
			t.Errorf("from %s the container was reached", name)
		}
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
