package serve

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// Unfinished uploads are kept as long as distribution keeps them by default.
const (
	uploadAge     = 7 * 24 * time.Hour
	purgeInterval = 24 * time.Hour
)

// purge removes abandoned uploads, now and once a day, until ctx is done. The
// channel is closed when it has ended.
func purge(ctx context.Context, dir string, log *slog.Logger) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(purgeInterval)
		defer ticker.Stop()
		for {
			if err := purgeUploads(ctx, dir, time.Now().Add(-uploadAge)); err != nil && ctx.Err() == nil {
				log.Warn("remove abandoned uploads", "dir", dir, "err", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return done
}

// purgeUploads removes the uploads in dir that nobody has touched since before.
// An upload is a directory <repository>/_uploads/<uuid>; its files are written
// on every request, so the newest of them tells when it was last used.
func purgeUploads(ctx context.Context, dir string, before time.Time) error {
	var errs []error
	err := filepath.WalkDir(repositories(dir), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // removed meanwhile, or nothing was ever pushed
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case filepath.Base(filepath.Dir(path)) == "_uploads":
			if lastUsed(path).Before(before) {
				errs = append(errs, os.RemoveAll(path))
			}
			return fs.SkipDir
		case entry.IsDir() && (entry.Name() == "_layers" || entry.Name() == "_manifests"):
			return fs.SkipDir
		}
		return nil
	})
	return errors.Join(append(errs, err)...)
}

// lastUsed is the newest modification below path.
func lastUsed(path string) time.Time {
	var newest time.Time
	_ = filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // what cannot be read does not tell an age
		}
		if info, err := entry.Info(); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
		return nil
	})
	return newest
}

// repositories is where distribution's filesystem driver keeps repositories
// (its documented layout, version 2).
func repositories(dir string) string {
	return filepath.Join(dir, "docker", "registry", "v2", "repositories")
}
