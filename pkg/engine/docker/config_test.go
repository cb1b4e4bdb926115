package docker

import (
	"reflect"
	"slices"
	"testing"

	"github.com/docker/docker/api/types/container"

	"github.com/retort-ci/retort/pkg/engine"
)

func TestSecurityOpt(t *testing.T) {
	for name, c := range map[string]struct {
		spec engine.ContainerSpec
		want []string
	}{
		"by itself":              {engine.ContainerSpec{}, []string{"no-new-privileges"}},
		"beside another":         {engine.ContainerSpec{SecurityOpt: []string{"apparmor=x"}}, []string{"apparmor=x", "no-new-privileges"}},
		"turned off":             {engine.ContainerSpec{SecurityOpt: []string{"no-new-privileges:false"}}, []string{"no-new-privileges:false"}},
		"privileged":             {engine.ContainerSpec{Privileged: true}, nil},
		"privileged, and spoken": {engine.ContainerSpec{Privileged: true, SecurityOpt: []string{"no-new-privileges"}}, []string{"no-new-privileges"}},
	} {
		if got := hostConfig(c.spec).SecurityOpt; !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestHostConfig(t *testing.T) {
	h := hostConfig(engine.ContainerSpec{
		Network: "host", ShmSize: 64, Ulimits: []engine.Ulimit{{Name: "nofile", Soft: 1, Hard: -1}},
	})
	if want := []*container.Ulimit{{Name: "nofile", Soft: 1, Hard: -1}}; !reflect.DeepEqual(h.Ulimits, want) || h.ShmSize != 64 || !h.NetworkMode.IsHost() {
		t.Errorf("ulimits %v, shared memory %d, network %s", h.Ulimits, h.ShmSize, h.NetworkMode)
	}
}

// The daemon refuses names on networks that it has of its own.
func TestEndpoints(t *testing.T) {
	for network, named := range map[string]bool{"": false, "none": false, "host": false, "f00d": true} {
		if got := endpoints(engine.ContainerSpec{Network: network, Aliases: []string{"web"}}); (got != nil) != named {
			t.Errorf("on network %q: %v", network, got)
		}
	}
	if got := endpoints(engine.ContainerSpec{Network: "f00d"}); got != nil {
		t.Errorf("without aliases: %v", got)
	}
}
