package dockertest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"

	"github.com/retort-ci/retort/pkg/internal/owner"
)

// Images that the classic builder leaves stand upon each other.
func TestClearImagesOfStages(t *testing.T) {
	t.Parallel()
	e, self := Open(t), owner.Self(time.Hour)
	label := owner.LabelRun + "=" + self.Run
	dockerfile := strings.ReplaceAll("FROM scratch AS a\nLABEL RUN\nLABEL a=1\nFROM a AS b\nLABEL b=1\nFROM a\nLABEL c=1\nLABEL c=2\n", "RUN", label)
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	err := w.WriteHeader(&tar.Header{Name: "Dockerfile", Mode: 0o644, Size: int64(len(dockerfile))})
	_, writeErr := io.WriteString(w, dockerfile)
	if err := errors.Join(err, writeErr, w.Close()); err != nil {
		t.Fatal(err)
	}
	built, err := e.api.ImageBuild(t.Context(), &archive, build.ImageBuildOptions{Version: build.BuilderV1, NoCache: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, built.Body)
	if err := errors.Join(err, built.Body.Close()); err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context())
	made, err := e.api.ImageList(ctx, image.ListOptions{All: true, Filters: of(self.Run)})
	if err != nil || len(made) < 3 {
		t.Fatalf("there are %d images, %v", len(made), err)
	}
	if err := e.Clear(ctx, self.Run); err != nil {
		t.Error(err)
	}
	left, err := e.api.ImageList(ctx, image.ListOptions{All: true, Filters: of(self.Run)})
	if err != nil || len(left) > 0 {
		t.Errorf("left are %d images, %v", len(left), err)
	}
}
