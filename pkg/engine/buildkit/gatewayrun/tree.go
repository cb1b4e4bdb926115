package gatewayrun

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"

	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/retort-ci/retort/pkg/engine"
)

// tree is a file system that lists its directories. Links are followed here, and
// so never lead out of it.
type tree struct {
	// list takes a path without links in it.
	list func(ctx context.Context, dir string) ([]*fstypes.Stat, error)
	seen map[string][]*fstypes.Stat
}

// linksLimit is how many links a path may lead over, as for the kernel.
const linksLimit = 40

// lstat describes what is at a path: at a link itself. The path given back has no
// links in its directories.
func (t *tree) lstat(ctx context.Context, name string) (string, *fstypes.Stat, error) {
	return t.walk(ctx, name, false)
}

// stat follows a link at the path's end too.
func (t *tree) stat(ctx context.Context, name string) (string, *fstypes.Stat, error) {
	return t.walk(ctx, name, true)
}

func (t *tree) walk(ctx context.Context, name string, last bool) (string, *fstypes.Stat, error) {
	at := "/"
	found := &fstypes.Stat{Mode: uint32(fs.ModeDir | 0o755)}
	rest := strings.Split(strings.Trim(path.Clean(name), "/"), "/")
	for links := 0; len(rest) > 0; {
		next := rest[0]
		rest = rest[1:]
		if next == "" || next == "." {
			continue
		}
		var err error
		if found, err = t.entry(ctx, at, next); err != nil {
			return "", nil, err
		}
		if fs.FileMode(found.Mode)&fs.ModeSymlink == 0 || (len(rest) == 0 && !last) {
			at = path.Join(at, next)
			continue
		}
		if links++; links > linksLimit {
			return "", nil, fmt.Errorf("%s: %w: too many links", name, engine.ErrPathNotFound)
		}
		to := found.Linkname
		if !path.IsAbs(to) {
			to = path.Join(at, to)
		}
		at, rest = "/", append(strings.Split(strings.Trim(path.Clean(to), "/"), "/"), rest...)
	}
	return at, found, nil
}

// entry finds a name in a directory.
func (t *tree) entry(ctx context.Context, dir, name string) (*fstypes.Stat, error) {
	entries, err := t.entries(ctx, dir)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("%s: %w: %w", path.Join(dir, name), engine.ErrPathNotFound, err)
	}
	for _, e := range entries {
		if path.Base(e.Path) == name {
			return e, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", path.Join(dir, name), engine.ErrPathNotFound)
}

// entries asks once for each directory.
func (t *tree) entries(ctx context.Context, dir string) ([]*fstypes.Stat, error) {
	if entries, ok := t.seen[dir]; ok {
		return entries, nil
	}
	entries, err := t.list(ctx, dir)
	if err == nil {
		if t.seen == nil {
			t.seen = map[string][]*fstypes.Stat{}
		}
		t.seen[dir] = entries
	}
	return entries, err
}

// look is a placing.Looker: at a link itself, with the end of its chain.
func (t *tree) look(ctx context.Context, name string) (fs.FileMode, string, error) {
	_, found, err := t.lstat(ctx, name)
	if err != nil {
		return 0, "", err
	}
	mode := fs.FileMode(found.Mode)
	if mode&fs.ModeSymlink == 0 {
		return mode, "", nil
	}
	end, _, err := t.stat(ctx, name)
	if err != nil { // what is missing leads where it says
		end = path.Join(path.Dir(name), found.Linkname)
		if path.IsAbs(found.Linkname) {
			end = found.Linkname
		}
	}
	return mode, end, nil
}
