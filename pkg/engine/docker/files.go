package docker

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/placing"
)

// putFiles writes the spec's files into the container that was created: one
// request, or one for each directory that takes them where the root file system
// is read-only. The daemon follows symbolic links within the container alone.
func (c *running) putFiles(ctx context.Context, spec engine.ContainerSpec) error {
	if err := placing.CheckLinks(ctx, c.look, spec); err != nil {
		return err
	}
	for _, t := range targets(spec) {
		content, err := archive(t)
		if err != nil {
			return err
		}
		err = c.engine.api.CopyToContainer(ctx, c.id, t.dir, content, container.CopyToContainerOptions{})
		if err == nil {
			continue
		}
		if misplaced := placing.Misplaced(ctx, c.look, spec, t.files); misplaced != nil {
			return misplaced
		}
		return c.engine.explain(ctx, fmt.Sprintf("put %d files below %s of a container of %s", len(t.files), t.dir, spec.Image), err)
	}
	return nil
}

// look is how package placing sees the container. The daemon gives the end of a
// chain of links.
func (c *running) look(ctx context.Context, path string) (fs.FileMode, string, error) {
	s, err := c.engine.api.ContainerStatPath(ctx, c.id, path)
	return s.Mode, s.LinkTarget, err
}

// target is a directory that takes files, itself and below it.
type target struct {
	dir   string
	files []engine.File
}

func targets(s engine.ContainerSpec) []target {
	if len(s.Files) == 0 {
		return nil
	}
	if !s.ReadOnly {
		return []target{{dir: "/", files: s.Files}}
	}
	var all []target
	at := map[string]int{}
	for _, f := range s.Files {
		dir := takes(s, f.Path)
		i, ok := at[dir]
		if !ok {
			i = len(all)
			at[dir] = i
			all = append(all, target{dir: dir})
		}
		all[i].files = append(all[i].files, f)
	}
	return all
}

// takes is the volume of a read-only container that the file is put into.
func takes(s engine.ContainerSpec, file string) string {
	if at, covered := placing.Over(s, file); covered {
		return at.Path
	}
	for _, dir := range placing.OwnVolumes(s) {
		if placing.Within(file, dir) {
			return dir
		}
	}
	return "/"
}

// archive holds files alone. Directories that are missing are made by the
// daemon, for root and with mode 0755; an entry for one that is there would
// change it.
func archive(t target) (io.Reader, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	now := time.Now()
	for _, f := range t.files {
		h := &tar.Header{
			Typeflag: tar.TypeReg, Name: strings.TrimPrefix(strings.TrimPrefix(f.Path, t.dir), "/"),
			Size: int64(len(f.Content)), Mode: int64(cmp.Or(f.Mode.Perm(), 0o444)),
			Uid: f.UID, Gid: f.GID, ModTime: now,
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("file %s: %w", f.Path, err)
		}
		if _, err := w.Write(f.Content); err != nil {
			return nil, fmt.Errorf("file %s: %w", f.Path, err)
		}
	}
	return &buf, w.Close()
}
