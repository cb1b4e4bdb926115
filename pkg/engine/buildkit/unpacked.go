package buildkit

import (
	"context"
	"fmt"
	"io/fs"
	"path"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/retort-ci/retort/pkg/engine"
)

// unpacked is an image in the daemon's snapshotter.
type unpacked struct {
	config []byte
	ref    gateway.Reference
}

var _ engine.Unpacked = (*unpacked)(nil)

// Config is as the daemon's store has it.
func (u *unpacked) Config() []byte { return u.config }

// Stat asks the daemon.
func (u *unpacked) Stat(ctx context.Context, name string) (engine.FileEntry, error) {
	stat, err := u.ref.StatFile(ctx, gateway.StatRequest{Path: name})
	if err != nil {
		return engine.FileEntry{}, notGiven(ctx, name, err)
	}
	return entry(stat), nil
}

// ReadDir asks the daemon for the entries, one directory deep.
func (u *unpacked) ReadDir(ctx context.Context, dir string) ([]engine.FileEntry, error) {
	stats, err := u.ref.ReadDir(ctx, gateway.ReadDirRequest{Path: dir})
	if err != nil {
		return nil, notGiven(ctx, dir, err)
	}
	entries := make([]engine.FileEntry, len(stats))
	for i, s := range stats {
		entries[i] = entry(s)
	}
	return entries, nil
}

func entry(s *fstypes.Stat) engine.FileEntry {
	return engine.FileEntry{
		Name: path.Base(s.Path), Mode: fs.FileMode(s.Mode), UID: int(s.Uid), GID: int(s.Gid), Size: s.Size, Link: s.Linkname,
	}
}

// chunk is how much of a file one message brings, in bytes: messages are limited
// to 16 MiB.
const chunk = 4 << 20

// ReadFile reads in chunks.
func (u *unpacked) ReadFile(ctx context.Context, name string, size int64) ([]byte, error) {
	var content []byte
	for int64(len(content)) < size {
		length := int(min(chunk, size-int64(len(content))))
		part, err := u.ref.ReadFile(ctx, gateway.ReadRequest{
			Filename: name, Range: &gateway.FileRange{Offset: len(content), Length: length},
		})
		if err != nil {
			return nil, notGiven(ctx, name, err)
		}
		content = append(content, part...)
		if len(part) < length {
			break
		}
	}
	return content, nil
}

// notGiven is that the daemon does not give a file: too many in a directory for
// one message, for one.
func notGiven(ctx context.Context, name string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("look at %s: %w: %w", name, engine.ErrUnsupported, err)
}
