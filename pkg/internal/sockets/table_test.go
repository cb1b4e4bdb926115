package sockets_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/sockets"
)

const (
	tcp4 = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	tcp6 = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	rest = " 00000000:00000000 00:00000000 00000000     0        0 20477 1 0000000000000000 100 0 0 10 0\n"
)

func TestListeners(t *testing.T) {
	for name, c := range map[string]struct {
		table string
		want  string
	}{
		"none":          {tcp4 + tcp6, ""},
		"everywhere":    {tcp4 + "   0: 00000000:1F90 00000000:0000 0A" + rest, "0.0.0.0:8080"},
		"loopback":      {tcp4 + "   0: 0100007F:0035 00000000:0000 0A" + rest, "127.0.0.1:53"},
		"one address":   {tcp4 + "   0: 020011AC:0050 00000000:0000 0A" + rest, "172.17.0.2:80"},
		"established":   {tcp4 + "   0: 020011AC:0050 010011AC:9C40 01" + rest, ""},
		"IPv6":          {tcp6 + "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A" + rest, "[::]:8080"},
		"IPv6 loopback": {tcp6 + "   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A" + rest, "[::1]:8080"},
		"IPv4 in IPv6":  {tcp6 + "   0: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A" + rest, "127.0.0.1:8080"},
		"cut off":       {tcp4 + "   0: 00000000:1F90 00000000:0000 0A" + rest + "   1: 00000000:1F", "0.0.0.0:8080"},
	} {
		got, ok := sockets.Listeners(c.table)
		var want []netip.AddrPort
		if c.want != "" {
			want = []netip.AddrPort{netip.MustParseAddrPort(c.want)}
		}
		if !ok || !slices.Equal(got, want) {
			t.Errorf("%s: gave %v, %v; want %v", name, got, ok, want)
		}
	}
	for _, text := range []string{"", "cat: not found", "   0: 00000000:1F90 00000000:0000 0A"} {
		if _, ok := sockets.Listeners(text); ok {
			t.Errorf("%q was taken for a table", text)
		}
	}
}

// Whatever a container prints: it is read without harm, and without a header it
// is no table.
func FuzzListeners(f *testing.F) {
	f.Add(tcp4 + "   0: 0100007F:0035 00000000:0000 0A" + rest)
	f.Add(tcp6 + "   0: 0000000000000000FFFF00000100007F:1F90 0:0 0A" + rest)
	f.Add("   0: 010000:0035 x 0A\n a local_address b c\n : : : 0A")
	f.Fuzz(func(t *testing.T, text string) {
		table, _ := sockets.Listeners(text)
		for _, s := range table {
			if !s.IsValid() || s.Addr().Is4In6() {
				t.Errorf("%q gave %v", text, s)
			}
		}
	})
}
