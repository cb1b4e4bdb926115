package test

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/report"
)

// maxReport bounds one report file, in bytes: a container must not fill this
// machine, and more is not read.
const maxReport = report.MaxSize

// collection is the report files of one suite on this machine. os.Root keeps
// a hostile name inside.
type collection struct {
	root  *os.Root
	strip string          // directory of the container that is root here
	names map[string]bool // of the files, below root
}

// copyReports gives the files that were written, sorted.
func (sc *scope) copyReports(ctx context.Context, c engine.FileCopier, globs []string) ([]string, error) {
	dir := sc.reportDir()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	files := &collection{root: root, strip: commonDir(globs), names: map[string]bool{}}
	for _, glob := range globs {
		matched, err := sc.copyMatches(ctx, c, files, glob)
		if err != nil {
			return nil, err
		}
		if matched == 0 {
			sc.warn("no file in the container matches %s", glob)
		}
	}
	var written []string
	for _, name := range slices.Sorted(maps.Keys(files.names)) {
		written = append(written, filepath.Join(dir, name))
	}
	return written, nil
}

// maxLinks bounds how many symbolic links stand before a directory of reports.
const maxLinks = 8

// copyMatches streams the glob's fixed directory out of the container and keeps
// the regular files that match; it gives their number.
func (sc *scope) copyMatches(ctx context.Context, c engine.FileCopier, files *collection, glob string) (int, error) {
	at := fixedDir(glob)
	for range maxLinks {
		matched, link, err := sc.copyDir(ctx, c, files, glob, at)
		if link == "" || err != nil {
			return matched, err
		}
		if !path.IsAbs(link) {
			link = path.Join(path.Dir(at), link)
		}
		at = path.Clean(link) // in the container, wherever that is
	}
	return 0, nil
}

// copyDir is copyMatches for the directory as it is called behind symbolic
// links. Where it is a link itself, its target is given.
func (sc *scope) copyDir(ctx context.Context, c engine.FileCopier, files *collection, glob, at string) (matched int, link string, err error) {
	base := fixedDir(glob)
	stream, err := c.CopyFrom(ctx, at)
	if errors.Is(err, engine.ErrPathNotFound) {
		return 0, "", nil
	}
	if err != nil && ctx.Err() == nil && fault.SideOf(err) != fault.Infrastructure {
		// The engine is there and will not have the path: a circle of links, say.
		sc.warn("reports at %s are left out: %v", at, err)
		return 0, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = stream.Close() }()
	for tr := tar.NewReader(stream); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return matched, "", nil
		}
		if err != nil {
			return matched, "", err
		}
		// Names begin with the last element of the path that was asked for.
		inside := path.Join(path.Dir(at), h.Name)
		if inside == at && h.Typeflag == tar.TypeSymlink {
			return 0, h.Linkname, nil
		}
		if below, ok := strings.CutPrefix(inside, at); ok {
			inside = path.Join(base, below)
		}
		if match, err := doublestar.Match(glob, inside); err != nil || !match {
			continue
		}
		if h.Typeflag != tar.TypeReg || h.Size > maxReport {
			sc.warn("report %s is left out: it must be a regular file of at most %d MiB", inside, maxReport>>20)
			continue
		}
		matched++
		if err := files.add(inside, tr); err != nil {
			return matched, "", err
		}
	}
}

// add writes a file. One that two globs match is written once.
func (c *collection) add(inside string, r io.Reader) error {
	name := filepath.FromSlash(strings.TrimPrefix(strings.TrimPrefix(inside, c.strip), "/"))
	if c.names[name] {
		return nil
	}
	c.names[name] = true
	if err := c.root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := c.root.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// commonDir is the directory of all globs, or the root when they differ: then
// files keep their whole paths, since two of them may have one name.
func commonDir(globs []string) string {
	dir := "/"
	for i, glob := range globs {
		if i > 0 && fixedDir(glob) != dir {
			return "/"
		}
		dir = fixedDir(glob)
	}
	return dir
}

// fixedDir is the glob's longest directory without a pattern in it.
func fixedDir(glob string) string {
	dir := path.Dir(glob)
	for strings.ContainsAny(dir, `*?[{\`) {
		dir = path.Dir(dir)
	}
	return dir
}
