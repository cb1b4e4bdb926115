package docker

import (
	"slices"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
)

func TestTCPPorts(t *testing.T) {
	got, err := tcpPorts([]string{"8080/tcp", "53/udp", "9090", "1/sctp"})
	if want := []uint16{8080, 9090}; err != nil || !slices.Equal(got, want) {
		t.Errorf("gave %v, %v; want %v", got, err, want)
	}
	for _, bad := range []string{"", "http/tcp", "65536/tcp", "-1", "8000-8001/tcp"} {
		if _, err := tcpPorts([]string{bad}); fault.SideOf(err) != fault.Usage {
			t.Errorf("%q: error is %v", bad, err)
		}
	}
}

func TestNearness(t *testing.T) {
	for address, want := range map[string]near{
		"unix:///var/run/docker.sock": here, "npipe:////./pipe/docker_engine": here,
		"tcp://127.0.0.1:2375": tunnel, "tcp://localhost:2375": tunnel, "tcp://[::1]:2375": tunnel,
		"tcp://10.0.0.1:2376": far, "tcp://docker:2375": far, "http://docker.example.com": far, "::": far,
	} {
		if got := nearness(address); got != want {
			t.Errorf("%s is %d, want %d", address, got, want)
		}
	}
}
