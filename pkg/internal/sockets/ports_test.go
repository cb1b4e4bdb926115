package sockets_test

import (
	"slices"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/sockets"
)

func TestTCPPorts(t *testing.T) {
	got, err := sockets.TCPPorts([]string{"8080/tcp", "53/udp", "9090", "1/sctp"})
	if want := []uint16{8080, 9090}; err != nil || !slices.Equal(got, want) {
		t.Errorf("gave %v, %v; want %v", got, err, want)
	}
	for _, bad := range []string{"", "http/tcp", "65536/tcp", "-1", "8000-8001/tcp"} {
		if _, err := sockets.TCPPorts([]string{bad}); fault.SideOf(err) != fault.Usage {
			t.Errorf("%q: error is %v", bad, err)
		}
	}
}
