package buildkit

import (
	"maps"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

func TestAttributes(t *testing.T) {
	for name, c := range map[string]struct {
		spec engine.BuildSpec
		want map[string]string
	}{
		"nothing": {engine.BuildSpec{}, nil},
		"everything": {engine.BuildSpec{
			Target: "run", Platforms: []string{"linux/amd64", "linux/arm64"}, NoCache: true, Network: "host",
			ExtraHosts: []string{"a:127.0.0.1", "b:::1"}, Epoch: time.Unix(7, 0),
			Args: map[string]string{"A": "b=c"}, Labels: map[string]string{"l": "x"},
		}, map[string]string{
			"target": "run", "platform": "linux/amd64,linux/arm64", "no-cache": "", "force-network-mode": "host",
			"add-hosts": "a=127.0.0.1,b=::1", "build-arg:SOURCE_DATE_EPOCH": "7", "build-arg:A": "b=c", "label:l": "x",
		}},
		"epoch as an argument": {
			engine.BuildSpec{Epoch: time.Unix(7, 0), Args: map[string]string{"SOURCE_DATE_EPOCH": "9"}},
			map[string]string{"build-arg:SOURCE_DATE_EPOCH": "9"},
		},
		"default network": {engine.BuildSpec{Network: "default"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := New(Options{}).attrs(c.spec)
			delete(got, "cmdline")
			if !maps.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	if got := New(Options{PreferLocal: true}).attrs(engine.BuildSpec{})["image-resolve-mode"]; got != "local" {
		t.Errorf("resolve mode is %q", got)
	}
}
