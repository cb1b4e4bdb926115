package embedded_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// Two pipelines side by side: the next stage of one may get the slot of the other,
// and finds its image all the same, by its ID and unchanged.
func TestImageOfAnotherSlot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one := open(t, embedded.Options{StateDir: dir})
	built, err := one.Build(t.Context(), engine.BuildSpec{Context: probe.Context(t, probe.Dockerfile, nil)})
	if err != nil {
		t.Fatal(err)
	}
	two := open(t, embedded.Options{StateDir: dir}) // the first still has its slot
	info, err := two.InspectImage(t.Context(), built.ID)
	if err != nil || info.ID != built.ID {
		t.Fatalf("found %+v, %v; want %s", info, err, built.ID)
	}
	exported, err := two.Export(t.Context(), built.ID, t.TempDir(), engine.ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if digest, err := exported.Digest(); err != nil || digest.String() != built.ID {
		t.Errorf("exported %s, %v; want %s", digest, err, built.ID)
	}
	root, err := two.Rootfs(t.Context(), built.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root.Path(), "probe")); err != nil {
		t.Error(err)
	}
	if err := root.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestImageOfNoSlot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, embedded.Options{StateDir: dir})
	e := open(t, embedded.Options{StateDir: dir})
	const none = "sha256:00000000000000000000000000000000000000000000000000000000000000ff"
	if _, err := e.InspectImage(t.Context(), none); !errors.Is(err, engine.ErrImageNotFound) {
		t.Errorf("gave %v, want ErrImageNotFound", err)
	}
}

// A tag is the image that was built under it last, in whichever slot: neither a
// look nor FROM takes the older one that the slot at hand has.
func TestTagOfAnotherSlot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	both := []*embedded.Engine{open(t, embedded.Options{StateDir: dir}), open(t, embedded.Options{StateDir: dir})}
	for _, e := range both {
		if _, err := e.Describe(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for round, builder := range []int{0, 1, 0, 1} {
		content := strings.Repeat("x", round+1)
		built, err := both[builder].Build(t.Context(), engine.BuildSpec{
			Tags: []string{"app"}, Context: probe.Context(t, "FROM scratch\nCOPY f /f\n", map[string]string{"f": content}),
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range both {
			info, err := e.InspectImage(t.Context(), "app")
			if err != nil || info.ID != built.ID || !slices.Equal(info.RepoTags, []string{"app:latest"}) {
				t.Errorf("round %d, slot %d: found %+v, %v; want %s", round, i, info, err, built.ID)
			}
		}
		upon, err := both[1-builder].Build(t.Context(), engine.BuildSpec{Context: probe.Context(t, "FROM app\nCOPY f /g\n", map[string]string{"f": "g"})})
		if err != nil {
			t.Fatal(err)
		}
		root, err := both[1-builder].Rootfs(t.Context(), upon.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(root.Path(), "f")); err != nil || string(got) != content {
			t.Errorf("round %d: FROM took the image with %q, %v; want %q", round, got, err, content)
		}
		if err := root.Release(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
