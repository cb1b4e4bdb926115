// Package imagestore keeps images in a directory, for an engine that has no store
// of its own: blobs by digest (OCI image-spec, image-layout.md) in a content store
// of containerd's, and beside it what each image is called and when it was used.
//
// Any number of processes may use one directory. Blobs and records are files that
// appear whole; only Collect, which removes them, wants the directory for itself.
//
//	blobs/sha256/…   content
//	images/…         a file per image: its descriptor; its time is that of the last use
//	names/…          a file per name: tag or repository@digest, and the image
//	elsewhere/…      a file per blob that is in a registry and was not needed here yet
package imagestore

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/gofrs/flock"

	"github.com/retort-ci/retort/pkg/fault"
)

// Store is one directory.
type Store struct {
	content.Store
	dir     string
	session string // sets the writes of this process apart
	writing turns
	fetch   Fetch
	lock    *flock.Flock // shared, while open
	once    sync.Once
}

// Options say how the store is filled.
type Options struct {
	// Fetch gives blobs that Elsewhere told of; nil when none are.
	Fetch Fetch
}

// poll is how often a lock that Collect holds is asked for again.
const poll = 20 * time.Millisecond

// Open opens the store in dir, making it if it is not there, and waits while
// another process collects in it. A directory that cannot be written to is a
// fault of usage.
func Open(ctx context.Context, dir string, opts Options) (*Store, error) {
	for _, sub := range []string{"images", "names", "elsewhere"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, unusable(err)
		}
	}
	s, err := unlocked(dir)
	if err != nil {
		return nil, unusable(err)
	}
	s.fetch, s.lock = opts.Fetch, flock.New(filepath.Join(dir, "lock"))
	if _, err := s.lock.TryRLockContext(ctx, poll); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, unusable(err)
	}
	return s, nil
}

func unlocked(dir string) (*Store, error) {
	blobs, err := local.NewStore(dir)
	return &Store{Store: blobs, dir: dir, session: rand.Text()}, err
}

func unusable(err error) error {
	return fault.Wrap(fault.Usage, fmt.Errorf("image store: %w", err), "choose another state directory: --state-dir")
}

// Close ends the use of the store. Images of it cannot be read any more.
func (s *Store) Close() (err error) {
	s.once.Do(func() { err = s.lock.Close() })
	return err
}
