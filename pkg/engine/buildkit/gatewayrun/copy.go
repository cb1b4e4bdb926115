package gatewayrun

import (
	"archive/tar"
	"context"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/retort-ci/retort/pkg/internal/placing"
)

// chunk is how much of a file one message brings, in bytes: messages are limited
// to 16 MiB.
const chunk = 4 << 20

// treeOf is an image's.
func treeOf(root gateway.Reference) *tree {
	return &tree{list: func(ctx context.Context, dir string) ([]*fstypes.Stat, error) {
		if root == nil {
			return nil, nil
		}
		return root.ReadDir(ctx, gateway.ReadDirRequest{Path: dir})
	}}
}

// files is the tree of the container's own files. They are there as long as the
// build is, whatever became of the processes.
func (c *container) files() *tree {
	return &tree{list: func(ctx context.Context, dir string) ([]*fstypes.Stat, error) {
		if c.hidden(dir) {
			return nil, nil
		}
		index, below := c.covering(dir)
		entries, err := c.gw.ReadDir(ctx, gateway.ReadDirContainerRequest{ReadDirRequest: gateway.ReadDirRequest{Path: below}, MountIndex: index})
		return c.withVolumes(dir, entries, err)
	}}
}

// withVolumes adds the directories that lead to volumes: the file systems that
// those are mounted over need not have them.
func (c *container) withVolumes(dir string, entries []*fstypes.Stat, err error) ([]*fstypes.Stat, error) {
	for _, m := range c.mounts {
		if m.MountType != pb.MountType_CACHE || m.Dest == dir || !placing.Within(m.Dest, dir) {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(m.Dest, dir), "/"), "/")
		if !slices.ContainsFunc(entries, func(e *fstypes.Stat) bool { return path.Base(e.Path) == name }) {
			entries, err = append(entries, &fstypes.Stat{Path: name, Mode: uint32(fs.ModeDir | 0o755)}), nil
		}
	}
	return entries, err
}

// CopyFrom reads the daemon's own view of the files, which it gives without owners.
func (c *container) CopyFrom(ctx context.Context, name string) (io.ReadCloser, error) {
	t := c.files()
	at, found, err := t.lstat(ctx, name)
	if err != nil {
		return nil, explain(ctx, "copy "+name, err)
	}
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		archive := tar.NewWriter(w)
		err := c.pack(ctx, archive, t, at, path.Base(path.Clean(name)), found)
		if err == nil {
			err = archive.Close()
		}
		_ = w.CloseWithError(explain(ctx, "copy "+name, err))
	}()
	return &stream{PipeReader: r, cancel: cancel}, nil
}

// stream is a tar stream; closing it ends the requests for it.
type stream struct {
	*io.PipeReader
	cancel context.CancelFunc
}

// Close ends the copy.
func (s *stream) Close() error {
	s.cancel()
	return s.PipeReader.Close()
}

// pack writes a path and what is below it.
func (c *container) pack(ctx context.Context, to *tar.Writer, t *tree, at, name string, s *fstypes.Stat) error {
	mode := fs.FileMode(s.Mode)
	h, err := tar.FileInfoHeader(statInfo{s}, s.Linkname)
	if err != nil {
		return nil //nolint:nilerr // a socket: no archive has those
	}
	h.Name = name
	if mode.IsDir() {
		h.Name += "/"
	}
	if err := to.WriteHeader(h); err != nil {
		return err
	}
	switch {
	case mode.IsRegular():
		return c.packFile(ctx, to, at, s.Size)
	case mode.IsDir():
		entries, err := t.entries(ctx, at)
		if err != nil {
			return err
		}
		for _, e := range entries {
			base := path.Base(e.Path)
			if err := c.pack(ctx, to, t, path.Join(at, base), name+"/"+base, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// packFile writes as many bytes as the header has said: the file may be one that
// is being written.
func (c *container) packFile(ctx context.Context, to io.Writer, at string, size int64) error {
	index, below := c.covering(at)
	for offset := int64(0); offset < size; {
		part, err := c.gw.ReadFile(ctx, gateway.ReadContainerRequest{
			ReadRequest: gateway.ReadRequest{Filename: below, Range: &gateway.FileRange{Offset: int(offset), Length: int(min(chunk, size-offset))}},
			MountIndex:  index,
		})
		if err != nil {
			return err
		}
		if len(part) == 0 { // it was made shorter meanwhile
			part = make([]byte, min(chunk, size-offset))
		}
		if _, err := to.Write(part); err != nil {
			return err
		}
		offset += int64(len(part))
	}
	return nil
}

// statInfo is what archive/tar reads.
type statInfo struct{ s *fstypes.Stat }

func (i statInfo) Name() string       { return path.Base(i.s.Path) }
func (i statInfo) Size() int64        { return i.s.Size }
func (i statInfo) Mode() fs.FileMode  { return fs.FileMode(i.s.Mode) }
func (i statInfo) ModTime() time.Time { return time.Unix(0, i.s.ModTime) }
func (i statInfo) IsDir() bool        { return i.Mode().IsDir() }
func (i statInfo) Sys() any           { return nil }

var _ fs.FileInfo = statInfo{}
