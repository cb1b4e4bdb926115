package imagestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/errdefs"
	"github.com/gofrs/flock"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Limits are what Collect keeps to.
type Limits struct {
	// Budget is how many bytes the images may have that stay.
	Budget int64
	// Since is from when on what was used stays, whatever the budget; and so does
	// what was used within the last 24 hours.
	Since time.Time
	// Wait is how long others that use the directory are waited for, when there is
	// something to forget.
	Wait time.Duration
}

// recent is how long an image stays after its last use, whatever the budget: the
// next command of the same work may want it.
const recent = 24 * time.Hour

// Collected is what Collect has removed.
type Collected struct {
	Images int
	Bytes  int64
	// Busy says that there was something to forget, but others used the directory
	// all the time.
	Busy bool
}

// Collect forgets the images that were not used for longest until those that are
// left keep to the budget, and removes what belongs to no image: blobs, and what
// killed processes have begun to write. While others use the directory it does
// nothing. The store of a process that collects is closed.
func Collect(ctx context.Context, dir string, limits Limits) (Collected, error) {
	if limit := time.Now().Add(-recent); limits.Since.IsZero() || limits.Since.After(limit) {
		limits.Since = limit
	}
	s, err := unlocked(dir)
	if err != nil {
		return Collected{}, err
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	alone, err := lock.TryLock()
	if err == nil && !alone {
		alone, err = s.wait(ctx, lock, limits)
	}
	if err != nil || !alone {
		return Collected{Busy: err == nil && s.excess(ctx, limits)}, err
	}
	defer func() { _ = lock.Close() }()
	return s.collect(ctx, limits)
}

// wait waits until nobody else uses the directory, if that is worth while.
func (s *Store) wait(ctx context.Context, lock *flock.Flock, limits Limits) (alone bool, err error) {
	if !s.excess(ctx, limits) {
		return false, nil
	}
	limit, cancel := context.WithTimeout(ctx, limits.Wait)
	defer cancel()
	alone, err = lock.TryLockContext(limit, poll)
	if !alone && limit.Err() != nil {
		return false, context.Cause(ctx)
	}
	return alone, err
}

// excess tells whether there is more than the budget, and something to forget. What
// cannot be read while others write counts as none.
func (s *Store) excess(ctx context.Context, limits Limits) bool {
	_, total, err := s.blobs(ctx)
	if err != nil || total <= limits.Budget {
		return false
	}
	all, err := s.images()
	return err == nil && len(all) > 0 && all[0].at.Before(limits.Since)
}

// blobs are those that are there, with their sizes and the sum of these.
func (s *Store) blobs(ctx context.Context) (sizes map[digest.Digest]int64, total int64, err error) {
	sizes = map[digest.Digest]int64{}
	err = s.Walk(ctx, func(info content.Info) error {
		sizes[info.Digest] = info.Size
		total += info.Size
		return nil
	})
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return sizes, total, err
}

func (s *Store) collect(ctx context.Context, limits Limits) (Collected, error) {
	blobs, total, err := s.blobs(ctx)
	if err != nil {
		return Collected{}, err
	}
	done, kept, err := s.forget(ctx, blobs, total, limits)
	if err != nil {
		return done, err
	}
	for blob, size := range blobs {
		if kept[blob] {
			continue
		}
		if err := s.Delete(ctx, blob); err != nil && !errdefs.IsNotFound(err) {
			return done, err
		}
		done.Bytes += size
	}
	return done, errors.Join(s.forgetElsewhere(kept), os.RemoveAll(filepath.Join(s.dir, "ingest")))
}

func (s *Store) forgetElsewhere(kept map[digest.Digest]bool) error {
	return s.each("elsewhere", func(path string, _ fs.FileInfo) error {
		var at elsewhere
		if err := read(path, &at); err == nil && kept[at.Blob.Digest] {
			return nil
		}
		return os.Remove(path)
	})
}

// forget gives the blobs of the images that stay: from the last used one on, those
// that are recent, and as many as the budget has room for.
func (s *Store) forget(ctx context.Context, blobs map[digest.Digest]int64, total int64, limits Limits) (Collected, map[digest.Digest]bool, error) {
	all, err := s.images()
	if err != nil {
		return Collected{}, nil, err
	}
	var done Collected
	kept := map[digest.Digest]bool{}
	var size int64
	full := false
	for _, image := range slices.Backward(all) {
		of, damaged := s.blobsOf(ctx, image.Descriptor)
		more := int64(0)
		for _, blob := range of {
			if !kept[blob] {
				more += blobs[blob]
			}
		}
		full = full || image.at.Before(limits.Since) && total > limits.Budget && size+more > limits.Budget
		if full || damaged != nil {
			done.Images++
			if err := s.Forget(image.Digest); err != nil {
				return done, nil, err
			}
			continue
		}
		size += more
		for _, blob := range of {
			kept[blob] = true
		}
	}
	return done, kept, nil
}

// blobsOf are the image's blobs, each once. What is not there is left out: a child
// of an index that came from a registry.
func (s *Store) blobsOf(ctx context.Context, root ocispecs.Descriptor) ([]digest.Digest, error) {
	var found []digest.Digest
	seen := map[digest.Digest]bool{}
	var visit func(desc ocispecs.Descriptor) error
	visit = func(desc ocispecs.Descriptor) error {
		if seen[desc.Digest] {
			return nil
		}
		seen[desc.Digest] = true
		found = append(found, desc.Digest)
		children, err := images.Children(ctx, s.Store, desc)
		if errdefs.IsNotFound(err) || errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("image %s: %w", root.Digest, err)
		}
		for _, child := range children {
			if err := visit(child); err != nil {
				return err
			}
		}
		return nil
	}
	return found, visit(root)
}

// most is the greatest budget that nobody asked for, in bytes.
const most = 10e9
