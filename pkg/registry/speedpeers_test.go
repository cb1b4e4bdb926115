package registry_test

import (
	"strings"

	"github.com/retort-ci/retort/pkg/internal/versus"
)

// copying is how a program is told to copy an image.
type copying struct {
	program string
	args    func(t *track) []string // before source and destination
	scheme  string                  // before each of them
}

// copiers are the programs with which others copy images, told no more than that
// the registries have no TLS.
func copiers() []copying {
	return []copying{{
		program: "crane", args: func(*track) []string { return []string{"copy"} },
	}, {
		program: "regctl", args: func(t *track) []string {
			return []string{"image", "copy", "--host", "reg=" + t.here + ",tls=disabled", "--host", "reg=" + t.there + ",tls=disabled"}
		},
	}, {
		program: "oras", args: func(*track) []string { return []string{"copy", "--from-plain-http", "--to-plain-http"} },
	}, {
		program: "skopeo", scheme: "docker://", args: func(*track) []string {
			return []string{"copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false"}
		},
	}}
}

// copyPeers are the programs with those names, which take a pair of source and
// destination each time.
func (t *track) copyPeers(limit float64, pair func() string, names ...string) []versus.Peer {
	return t.peers(names, limit, func(c copying) (string, error) {
		src, dst, _ := strings.Cut(pair(), " ")
		return t.run(nil, c.program, append(c.args(t), c.scheme+src, c.scheme+dst)...)
	})
}

// manyPeers are the programs with those names, as many at a time as parallel
// allows, for the pairs that they are given each time.
func (t *track) manyPeers(limit float64, pairs func() []string, parallel string, names ...string) []versus.Peer {
	peers := t.peers(names, limit, func(c copying) (string, error) {
		lines := pairs()
		for i, line := range lines {
			src, dst, _ := strings.Cut(line, " ")
			lines[i] = c.scheme + src + " " + c.scheme + dst
		}
		return t.run(lines, "xargs", append([]string{"-P", parallel, "-L", "1", c.program}, c.args(t)...)...)
	})
	if parallel != "1" {
		for i := range peers {
			peers[i].Name = "xargs -P" + parallel + " " + peers[i].Name
		}
	}
	return peers
}

func (t *track) peers(names []string, limit float64, do func(copying) (string, error)) []versus.Peer {
	var found []versus.Peer
	for _, name := range names {
		for _, c := range copiers() {
			if c.program == name {
				found = append(found, versus.Peer{Name: name, Limit: limit, Missing: missing(name), Do: func() error {
					_, err := do(c)
					return err
				}})
			}
		}
	}
	return found
}

// contest lets them all take turns, and shows what the network saw.
func (t *track) contest(w versus.Work) {
	t.b.Helper()
	w.Ours = t.observed("", w.Ours)
	for i, p := range w.Peers {
		w.Peers[i].Do = t.observed(p.Name, p.Do)
	}
	w.Cost = t.cost
	versus.Run(t.b, w)
}

// atMost reports how many requests ours needs, and how many after one another.
func (t *track) atMost(work string, requests, depth int) {
	t.b.Helper()
	got, deep, _ := t.spent("")
	if got == 0 {
		return // without any peer, ours did nothing
	}
	versus.Amount{Work: work, Unit: "requests", Got: got, Limit: requests}.Report(t.b)
	versus.Amount{Work: work, Unit: "deep", Got: deep, Limit: depth}.Report(t.b)
}
