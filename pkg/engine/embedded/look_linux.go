package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/retort-ci/retort/pkg/engine"
)

// Look mounts the image's layers, read only, for as long as the function runs.
func (e *Engine) Look(ctx context.Context, id string, look func(context.Context, engine.Unpacked) error) (err error) {
	o, err := e.open(ctx)
	if err != nil {
		return err
	}
	quiet := quiet(ctx)
	image, err := o.unpack(quiet, id)
	if err != nil {
		return err
	}
	defer func() { _ = image.release(context.WithoutCancel(quiet)) }()
	at, err := o.readOnly(quiet, image)
	if err != nil {
		return unavailable(ctx, fmt.Errorf("look at %s: %w", id, err))
	}
	defer func() { // also when the function panics
		if tidy := at.close(); err == nil {
			err = tidy
		}
	}()
	root, err := os.OpenRoot(at.dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return look(ctx, files{root, image.raw})
}

// readOnly mounts what the image has; an image without layers is an empty directory.
func (o *opened) readOnly(ctx context.Context, image *unpacked) (*mounted, error) {
	if image.ref != nil {
		return o.mountAt(ctx, image.ref, true)
	}
	dir, err := o.mountPoint()
	return &mounted{dir: dir}, err
}

// files are an image's. The root keeps a path from leading out of it.
type files struct {
	root   *os.Root
	config []byte
}

var _ engine.Unpacked = files{}

// Config is as the store has it.
func (f files) Config() []byte { return f.config }

// Stat describes what is at the path.
func (f files) Stat(_ context.Context, path string) (engine.FileEntry, error) {
	info, err := f.root.Lstat(below(path))
	if err != nil {
		return engine.FileEntry{}, notGiven(path, err)
	}
	return f.entry(path, info)
}

// ReadDir lists the directory.
func (f files) ReadDir(_ context.Context, dir string) ([]engine.FileEntry, error) {
	opened, err := f.root.Open(below(dir))
	if err != nil {
		return nil, notGiven(dir, err)
	}
	infos, err := opened.Readdir(-1)
	if err = errors.Join(err, opened.Close()); err != nil {
		return nil, notGiven(dir, err)
	}
	entries := make([]engine.FileEntry, len(infos))
	for i, info := range infos {
		if entries[i], err = f.entry(dir+"/"+info.Name(), info); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// ReadFile reads a regular file; opening another kind might not come back.
func (f files) ReadFile(_ context.Context, path string, size int64) ([]byte, error) {
	info, err := f.root.Lstat(below(path))
	if err != nil {
		return nil, notGiven(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("look at %s: %w: it is no regular file", path, engine.ErrUnsupported)
	}
	opened, err := f.root.Open(below(path))
	if err != nil {
		return nil, notGiven(path, err)
	}
	content, err := io.ReadAll(io.LimitReader(opened, size))
	if err = errors.Join(err, opened.Close()); err != nil {
		return nil, notGiven(path, err)
	}
	return content, nil
}

func (f files) entry(path string, info os.FileInfo) (engine.FileEntry, error) {
	entry := engine.FileEntry{Name: info.Name(), Mode: info.Mode()}
	if below(path) == "." {
		entry.Name = "/"
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		entry.UID, entry.GID = int(stat.Uid), int(stat.Gid)
	}
	switch {
	case info.Mode().IsRegular():
		entry.Size = info.Size()
	case info.Mode()&os.ModeSymlink != 0:
		link, err := f.root.Readlink(below(path))
		if err != nil {
			return entry, notGiven(path, err)
		}
		entry.Link = link
	}
	return entry, nil
}

// below is an absolute path as os.Root takes it.
func below(path string) string {
	if path = strings.Trim(path, "/"); path != "" {
		return path
	}
	return "."
}

func notGiven(path string, err error) error {
	return fmt.Errorf("look at %s: %w: %w", path, engine.ErrUnsupported, err)
}
