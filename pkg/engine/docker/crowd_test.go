package docker

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/docker/docker/api/types/network"
)

func TestCrowd(t *testing.T) {
	var all []network.Summary
	add := func(n int, labels ...string) {
		for i := range n {
			made := network.Summary{Name: fmt.Sprintf("%d-%d", len(all), i), Labels: map[string]string{}}
			for i := 0; i < len(labels); i += 2 {
				made.Labels[labels[i]] = labels[i+1]
			}
			all = append(all, made)
		}
	}
	add(1)
	add(3, "com.docker.compose.project", "shop")
	add(12, "dev.retort.run", "ab12", "dev.retort.suite", "e2e")
	add(2, "dev.retort.run", "ab12")
	add(4, "dev.retort.run", "cd34", "dev.retort.suite", "e2e")
	add(2)
	want := "it has 24 networks: 12 of retort run ab12 for suite e2e, 4 of retort run cd34 for suite e2e, " +
		"3 of compose project shop, 2 of retort run ab12, 1 of network 0-0, and those of 2 more"
	if got := crowd(all); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := crowd(all[1:4]), "it has 3 networks: 3 of compose project shop"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOwnSubnet(t *testing.T) {
	all, seen := netip.MustParsePrefix(ownRange), map[netip.Prefix]bool{}
	for range 1000 {
		s := ownSubnet()
		if s.Bits() != ownBits || s != s.Masked() || !all.Contains(s.Addr()) {
			t.Fatalf("%s is no subnet of %s", s, all)
		}
		seen[s] = true
	}
	if len(seen) < 500 {
		t.Errorf("of 1000 subnets %d are different ones", len(seen))
	}
}
