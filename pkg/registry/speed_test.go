package registry_test

import (
	"fmt"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/versus"
	"github.com/retort-ci/retort/pkg/registry"
)

// What is measured is Copy, in a process of its own, beside programs that copy
// no more than it does: neither records nor evidence. Every request takes 50 ms
// longer than on this machine.

// shortRounds are for what takes no longer than a disturbance.
const shortRounds = 9

// mega is a MB, of layers that the images of these contests have.
const mega = 1 << 20

func BenchmarkVersusRetag(b *testing.B) {
	t := newTrack(b)
	repo := t.here + "/shop/orders"
	t.seed(5, 2*mega, 2*mega, repo+":1")
	const work = "Copy: re-point a tag"
	crane := versus.Peer{Name: "crane tag", Limit: 0.6, Missing: missing("crane"), Do: func() error {
		_, err := t.run(nil, "crane", "tag", repo+":1", t.turn())
		return err
	}}
	oras := versus.Peer{Name: "oras tag", Limit: 1.15, Missing: missing("oras"), Do: func() error {
		_, err := t.run(nil, "oras", "tag", "--plain-http", repo+":1", t.turn())
		return err
	}}
	t.contest(versus.Work{
		Name: work, Rounds: shortRounds, Peers: []versus.Peer{crane, oras},
		Ours: func() error { return t.ours(repo + ":1 " + repo + ":" + t.turn()) },
	})
	t.atMost(work, 2, 2)
	c := registry.New(registry.Options{Keychain: anonymous()})
	defer c.Close()
	staged, err := c.Stage(t.ctx, repo+":1", repo, registry.StageOptions{NoReferrers: true})
	if err != nil {
		b.Fatal(err)
	}
	t.network.Take()
	if _, err := c.Point(t.ctx, staged, t.turn()); err != nil {
		b.Fatal(err)
	}
	versus.Amount{Work: work + ", its manifest known", Unit: "requests", Got: len(t.network.Take()), Limit: 1}.Report(b)
}

func BenchmarkVersusOtherRepository(b *testing.B) {
	t := newTrack(b)
	t.seed(5, 2*mega, 2*mega, t.here+"/shop/orders:1")
	pair := func() string { return t.here + "/shop/orders:1 " + t.here + "/" + t.turn() + "/orders:live" }
	const work = "Copy: 5 layers to another repository"
	t.contest(versus.Work{
		Name: work, Rounds: shortRounds, Peers: t.copyPeers(0.45, pair, "regctl", "crane"),
		Ours: func() error { return t.ours(pair()) },
	})
	t.atMost(work, 8, 3)
}

func BenchmarkVersusOtherRegistry(b *testing.B) {
	t := newTrack(b)
	t.seed(5, 2*mega, 2*mega, t.here+"/shop/orders:1")
	pair := func() string { return t.here + "/shop/orders:1 " + t.there + "/" + t.turn() + "/orders:live" }
	t.contest(versus.Work{
		Name: "Copy: 5 layers, 10 MB, to another registry", Peers: t.copyPeers(0.65, pair, "regctl", "oras", "crane"),
		Ours: func() error { return t.ours(pair()) },
	})
}

func BenchmarkVersusAlreadyThere(b *testing.B) {
	t := newTrack(b)
	t.seed(5, 2*mega, 2*mega, t.here+"/shop/orders:1")
	pair := func() string { return t.here + "/shop/orders:1 " + t.there + "/prod/orders:live" }
	if err := t.ours(pair()); err != nil {
		b.Fatal(err)
	}
	const work = "Copy: to another registry that has it"
	t.contest(versus.Work{
		Name: work, Rounds: shortRounds, Peers: t.copyPeers(0.55, pair, "regctl", "oras", "crane"),
		Ours: func() error { return t.ours(pair()) },
	})
	t.atMost(work, 2, 1)
}

const images = 20

// twenty seeds images that share all but a layer of 200 KB, 97 MB each, and gives
// what makes pairs of them and of repositories at addr that no turn had before.
func (t *track) twenty(addr string) (pairs func() []string) {
	t.b.Helper()
	source := func(i int) string { return fmt.Sprintf("%s/shop/s%d:1", t.here, i) }
	var refs []string
	for i := range images {
		refs = append(refs, source(i))
	}
	t.seed(5, 24*mega, 200<<10, refs...)
	return func() []string {
		turn := t.turn()
		var pairs []string
		for i := range images {
			pairs = append(pairs, fmt.Sprintf("%s %s/%s/s%d:live", source(i), addr, turn, i))
		}
		return pairs
	}
}

func BenchmarkVersusTwentyImages(b *testing.B) {
	t := newTrack(b)
	pairs := t.twenty(t.here)
	t.contest(versus.Work{
		Name: "Copy: 20 images to other repositories", Peers: t.manyPeers(0.25, pairs, "8", "crane", "regctl"),
		Ours: func() error { return t.ours(pairs()...) },
	})
}

func BenchmarkVersusTwentyImagesAcross(b *testing.B) {
	t := newTrack(b)
	pairs := t.twenty(t.there)
	const work = "Copy: 20 images of one base to another registry"
	t.contest(versus.Work{
		Name: work, Rounds: 3,
		Peers: append(t.manyPeers(0.15, pairs, "8", "oras", "crane"), t.manyPeers(0.15, pairs, "1", "skopeo")...),
		Ours:  func() error { return t.ours(pairs()...) },
	})
	_, _, sent := t.spent("")
	if sent == 0 {
		return // without any peer, ours did nothing
	}
	// The base, and of each image a layer and a config; tar adds a little.
	versus.Amount{Work: work, Unit: "MB up", Got: int(sent >> 20), Limit: 4*24 + images/4}.Report(b)
}

// BenchmarkVersusMemory is about the copying process: no image is too large for
// it.
func BenchmarkVersusMemory(b *testing.B) {
	t := newTrack(b)
	rest, err := t.peak()
	if err != nil {
		b.Fatal(err)
	}
	for _, image := range []struct {
		name  string
		layer int64 // bytes of each of five
	}{{"200 MB", 40 * mega}, {"1 GB", 205 * mega}} {
		repo := "/shop/" + t.turn()
		t.stream(5, image.layer, t.here+repo+":1")
		peak, err := t.peak(t.here + repo + ":1 " + t.there + repo + ":1")
		if err != nil {
			b.Fatal(err)
		}
		versus.Amount{
			Work: "Copy: " + image.name + " to another registry, memory above rest", Unit: "MB", Got: int((peak - rest) >> 20), Limit: 64,
		}.Report(b)
	}
}
