package gatewayrun_test

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
)

// A file that no single message could bring goes in and comes out as it is.
func TestLargeFile(t *testing.T) {
	i := connect(t, buildkitdtest.Start(t, buildkitdtest.Options{}))
	want := make([]byte, 20<<20)
	seed := rand.New(rand.NewPCG(1, 2))
	for k := range want {
		want[k] = byte(seed.Uint32())
	}
	c := i.start(t, engine.ContainerSpec{Cmd: []string{"exit", "0"}, Files: []engine.File{{Path: "/deep/large", Content: want}}})
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	stream, err := c.(engine.FileCopier).CopyFrom(t.Context(), "/deep/large")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	r := tar.NewReader(stream)
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes came out, %v; want the %d that went in", len(got), err, len(want))
	}
}

// What a container writes into a volume comes out of it too.
func TestCopyFromVolume(t *testing.T) {
	i := connect(t, buildkitdtest.Start(t, buildkitdtest.Options{}))
	v, err := i.CreateVolume(t.Context(), engine.VolumeSpec{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Remove(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	c := i.start(t, engine.ContainerSpec{
		Cmd: []string{"write", "/reports/deep/a", "text"}, Mounts: []engine.Mount{{Volume: v.Name(), Path: "/reports"}},
	})
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	stream, err := c.(engine.FileCopier).CopyFrom(t.Context(), "/reports/deep")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	r := tar.NewReader(stream)
	var names []string
	for h, err := r.Next(); err == nil; h, err = r.Next() {
		names = append(names, h.Name)
	}
	if got := strings.Join(names, " "); got != "deep/ deep/a" {
		t.Errorf("out came %q", got)
	}
}

// A container knows its own name by its address on the network, since others are
// to reach what it binds to.
func TestOwnName(t *testing.T) {
	i := connect(t, buildkitdtest.Start(t, buildkitdtest.Options{Bridge: true}))
	n, err := i.CreateNetwork(t.Context(), engine.NetworkSpec{})
	if err != nil {
		t.Fatal(err)
	}
	i.start(t, engine.ContainerSpec{Network: n.ID(), Aliases: []string{"broker", "kafka"}, Cmd: []string{"serve", "broker:9092"}})
	code, out := i.run(t, engine.ContainerSpec{Network: n.ID(), Aliases: []string{"suite"}, Cmd: []string{"get", "http://kafka:9092/"}})
	if code != 0 || out != "ok\n" {
		t.Errorf("ended with %d, %q", code, out)
	}
}
