package remote_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

func build(t *testing.T, e engine.Builder, spec engine.BuildSpec) engine.Built {
	t.Helper()
	built, err := e.Build(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// Several platforms are one image with one ID, which can be built upon.
func TestSeveralPlatforms(t *testing.T) {
	t.Parallel()
	e := open(t, remote.Options{Host: buildkitdtest.Start(t, buildkitdtest.Options{}).Address})
	spec := engine.BuildSpec{
		Context: probe.Context(t, probe.Dockerfile, nil), Platforms: []string{"linux/amd64", "linux/arm64"},
		Tags: []string{"example.com/several:1"}, Epoch: time.Unix(1_700_000_000, 0),
	}
	built := build(t, e, spec)
	if again := build(t, e, spec); again.ID != built.ID {
		t.Errorf("built again it is %s, before it was %s", again.ID, built.ID)
	}
	info, err := e.InspectImage(t.Context(), "example.com/several:1")
	if err != nil || info.ID != built.ID {
		t.Fatalf("inspected %+v, %v; want %s", info, err, built.ID)
	}
	upon := spec
	upon.Tags, upon.Context = nil, probe.Context(t, "FROM example.com/several:1\nCOPY probe /again\n", nil)
	if got := build(t, e, upon); got.ID == built.ID {
		t.Error("nothing was built upon it")
	}
}

// Of several platforms it is the worker's that counts, not this machine's.
func TestPlatformOfTheWorker(t *testing.T) {
	t.Parallel()
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	e := open(t, remote.Options{Host: buildkitdtest.Start(t, buildkitdtest.Options{Platform: "linux/" + other}).Address})
	built := build(t, e, engine.BuildSpec{
		Context:   probe.Context(t, "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /\n", map[string]string{"amd64": "", "arm64": ""}),
		Platforms: []string{"linux/amd64", "linux/arm64"},
	})
	err := e.Look(t.Context(), built.ID, func(ctx context.Context, image engine.Unpacked) error {
		_, err := image.Stat(ctx, "/"+other)
		return err
	})
	if err != nil {
		t.Errorf("a worker of %s looks into another image: %v", other, err)
	}
}

// An image of the store is a named context by its ID, too.
func TestContextByID(t *testing.T) {
	t.Parallel()
	e := open(t, remote.Options{Host: buildkitdtest.Start(t, buildkitdtest.Options{}).Address})
	below := build(t, e, engine.BuildSpec{Context: probe.Context(t, probe.Dockerfile, nil)})
	spec := engine.BuildSpec{
		Context:  probe.Context(t, "FROM scratch\nCOPY --from=app /probe /\n", nil),
		Contexts: map[string]string{"app": "docker-image://" + below.ID},
	}
	build(t, e, spec)
}

// A daemon that lost everything is sent what it needs of the store's images.
func TestStoreOutlivesDaemon(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := buildkitdtest.Start(t, buildkitdtest.Options{})
	e := open(t, remote.Options{Host: first.Address, StateDir: dir})
	built := build(t, e, engine.BuildSpec{Context: probe.Context(t, probe.Dockerfile, nil), Tags: []string{"app:1"}})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	first.Kill()
	e = open(t, remote.Options{Host: buildkitdtest.Start(t, buildkitdtest.Options{}).Address, StateDir: dir})
	info, err := e.InspectImage(t.Context(), "app:1")
	if err != nil || info.ID != built.ID || !slices.Equal(info.RepoTags, []string{"app:1"}) {
		t.Fatalf("inspected %+v, %v; want %s", info, err, built.ID)
	}
	build(t, e, engine.BuildSpec{Context: probe.Context(t, "FROM app:1\nRUN [\"/probe\",\"echo\",\"x\"]\n", nil)})
	err = e.Look(t.Context(), built.ID, func(ctx context.Context, image engine.Unpacked) error {
		_, err := image.Stat(ctx, "/probe")
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Engines that share a store, as processes do, do not come into each other's way.
func TestSharedStore(t *testing.T) {
	t.Parallel()
	d, dir := buildkitdtest.Start(t, buildkitdtest.Options{}), t.TempDir()
	spec := engine.BuildSpec{Context: probe.Context(t, probe.Dockerfile, nil), Tags: []string{"shared:1"}}
	var g errgroup.Group
	ids := make([]string, 4)
	for i := range ids {
		e := open(t, remote.Options{Host: d.Address, StateDir: dir})
		g.Go(func() error {
			built, err := e.Build(t.Context(), spec)
			ids[i] = built.ID
			return errors.Join(err, e.Close())
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	e := open(t, remote.Options{Host: d.Address, StateDir: dir})
	if info, err := e.InspectImage(t.Context(), "shared:1"); err != nil || info.ID != ids[0] {
		t.Errorf("inspected %+v, %v; want %s", info, err, ids[0])
	}
}

// A registry on our loopback is not asked by a daemon that has another one.
func TestLoopbackElsewhere(t *testing.T) {
	t.Parallel()
	d := buildkitdtest.Start(t, buildkitdtest.Options{Config: "[worker.oci.labels]\n\"org.mobyproject.buildkit.worker.hostname\" = \"elsewhere\"\n"})
	e := open(t, remote.Options{Host: d.Address})
	for _, from := range []string{"localhost:5000/base:1", "127.0.0.1:5000/base", "[::1]:5000/base:1"} {
		_, err := e.Build(t.Context(), engine.BuildSpec{Context: probe.Context(t, "FROM "+from+"\n", nil)})
		if !errors.Is(err, engine.ErrUnsupported) || fault.SideOf(err) != fault.Usage || fault.HintOf(err) == "" {
			t.Errorf("FROM %s: %v, want ErrUnsupported with a hint", from, err)
		}
		be, ok := errors.AsType[*engine.BuildError](err)
		if !ok || be.Line != 1 {
			t.Errorf("FROM %s: %v, want line 1", from, err)
		}
	}
}

// Whoever asks for an epoch gets one digest, whichever daemon builds it and
// whenever: also of what RUN has written.
func TestSameDigestEverywhere(t *testing.T) {
	t.Parallel()
	spec := engine.BuildSpec{
		Context: probe.Context(t, probe.Dockerfile+"WORKDIR /work\nRUN [\"/probe\",\"write\",\"/work/made\",\"x\"]\n", nil),
		Args:    map[string]string{"SOURCE_DATE_EPOCH": "1700000000"},
	}
	var ids []string
	for range 2 {
		e := open(t, remote.Options{Host: buildkitdtest.Start(t, buildkitdtest.Options{}).Address})
		ids = append(ids, build(t, e, spec).ID)
	}
	if ids[0] != ids[1] {
		t.Errorf("one daemon gave %s, the other %s", ids[0], ids[1])
	}
}
