package enginetest

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

func (s *suite) testLook(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"files":          s.lookAtFiles,
		"own error":      s.lookAndFail,
		"not there":      s.lookAtMissing,
		"without a name": s.lookAtNameless,
		"moved name":     s.lookAtMoved,
	})
}

// named builds an image that a name of the test's stands for.
func (s *suite) named(t *testing.T, name, dockerfile string, files map[string]string) string {
	t.Helper()
	built, err := s.engine.Build(t.Context(), engine.BuildSpec{
		Context: probe.Context(t, dockerfile, files), Labels: s.owner.Labels(), Tags: []string{name},
	})
	if err != nil {
		t.Fatal(err)
	}
	return built.ID
}

// lookAtFiles has the directory made before the files are copied: newer BuildKits
// give one that COPY makes the mode of --chmod, too.
func (s *suite) lookAtFiles(t *testing.T) {
	looker := need[engine.Looker](t, s)
	id := s.named(t, "retort.local/look/files:"+s.owner.Run, "FROM scratch\nWORKDIR /dir\nCOPY --chmod=640 --chown=7:8 f g /dir/\nCMD [\"/dir/f\"]\n",
		map[string]string{"f": "0123456789", "g": ""})
	err := looker.Look(t.Context(), id, func(ctx context.Context, image engine.Unpacked) error {
		entries, err := image.ReadDir(ctx, "/dir")
		if err != nil {
			return err
		}
		slices.SortFunc(entries, func(a, b engine.FileEntry) int { return int(a.Size - b.Size) })
		want := []engine.FileEntry{{Name: "g", Mode: 0o640, UID: 7, GID: 8}, {Name: "f", Mode: 0o640, UID: 7, GID: 8, Size: 10}}
		if !slices.Equal(entries, want) {
			t.Errorf("entries are %+v", entries)
		}
		dir, err := image.Stat(ctx, "/dir")
		if err != nil || dir.Mode != fs.ModeDir|0o755 {
			t.Errorf("the directory is %+v, %v", dir, err)
		}
		for size, want := range map[int64]string{0: "", 4: "0123", 10: "0123456789", 99: "0123456789"} {
			if got, err := image.ReadFile(ctx, "/dir/f", size); err != nil || string(got) != want {
				t.Errorf("%d bytes of the file are %q, %v", size, got, err)
			}
		}
		_, err = image.ReadFile(ctx, "/dir/none", 1)
		wantErr(t, err, engine.ErrUnsupported)
		_, err = image.ReadDir(ctx, "/none")
		wantErr(t, err, engine.ErrUnsupported)
		if len(image.Config()) == 0 {
			t.Error("no config")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// lookAndFail wants the function's error as it was.
func (s *suite) lookAndFail(t *testing.T) {
	looker := need[engine.Looker](t, s)
	id := s.named(t, "retort.local/look/fail:"+s.owner.Run, probe.Dockerfile, nil)
	own := errors.New("own")
	err := looker.Look(t.Context(), id, func(context.Context, engine.Unpacked) error { return own })
	wantErr(t, err, own)
}

func (s *suite) lookAtMissing(t *testing.T) {
	err := need[engine.Looker](t, s).Look(t.Context(), "sha256:"+strings.Repeat("0", 64), neverLook(t))
	wantErr(t, err, engine.ErrImageNotFound)
}

// lookAtNameless takes either answer, but no name may be left by it.
func (s *suite) lookAtNameless(t *testing.T) {
	looker := need[engine.Looker](t, s)
	built, err := s.engine.Build(t.Context(), engine.BuildSpec{
		Context: probe.Context(t, "FROM scratch\nCOPY f /\n", map[string]string{"f": s.owner.Run}), Labels: s.owner.Labels(),
	})
	if err != nil {
		t.Fatal(err)
	}
	err = looker.Look(t.Context(), built.ID, func(context.Context, engine.Unpacked) error { return nil })
	if err != nil && !errors.Is(err, engine.ErrUnsupported) {
		t.Error(err)
	}
	info, err := need[engine.Inspector](t, s).InspectImage(t.Context(), built.ID)
	if err != nil || len(info.RepoTags) > 0 {
		t.Errorf("the image is called %v, %v", info.RepoTags, err)
	}
}

// lookAtMoved gives the name to another image in the middle. What was seen must
// not count then, unless the engine can tell the two apart.
func (s *suite) lookAtMoved(t *testing.T) {
	looker := need[engine.Looker](t, s)
	name := "retort.local/look/moved:" + s.owner.Run
	content := func(text string) string {
		return s.named(t, name, "FROM scratch\nCOPY f /\n", map[string]string{"f": text})
	}
	seen := ""
	err := looker.Look(t.Context(), content("first"), func(ctx context.Context, image engine.Unpacked) error {
		content("other")
		data, err := image.ReadFile(ctx, "/f", 10)
		seen = string(data)
		return err
	})
	if errors.Is(err, engine.ErrUnsupported) || err == nil && seen == "first" {
		return
	}
	t.Errorf("saw %q, %v", seen, err)
}

func neverLook(t *testing.T) func(context.Context, engine.Unpacked) error {
	return func(context.Context, engine.Unpacked) error {
		t.Error("looked at an image that is not there")
		return nil
	}
}
