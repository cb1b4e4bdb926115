package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/containerd/containerd/v2/core/snapshots/storage"
	"github.com/moby/buildkit/cache/metadata"
	bolt "go.etcd.io/bbolt"
)

// fastBolt are the options with which BuildKit opens its databases, but that a
// transaction does not wait for the disk: a build makes hundreds. What a killed
// process wrote is there all the same, because the kernel has it. A database is
// synced when it is closed, and after a crash of the machine the slot is cleared.
func fastBolt() *bolt.Options {
	return &bolt.Options{FreelistType: bolt.FreelistMapType, NoFreelistSync: true, NoSync: true}
}

// emptyBolt are the options for one that keeps nothing. Without NoFreelistSync
// BuildKit does not sync it at its end either.
func emptyBolt() *bolt.Options {
	return &bolt.Options{FreelistType: bolt.FreelistMapType, NoSync: true}
}

// openMetadata opens what BuildKit knows of its snapshots. It takes no options; a
// transaction tells which database it is of.
func openMetadata(root string) (*metadata.Store, error) {
	store, err := metadata.NewStore(filepath.Join(root, "metadata_v2.db"))
	if err != nil {
		return nil, err
	}
	err = store.DB().View(func(tx *bolt.Tx) error {
		tx.DB().NoSync = true
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// layersDB is what the overlay snapshotter knows of its snapshots.
type layersDB struct {
	*storage.MetaStore
	path string
	once sync.Once
}

func openLayersDB(path string) (*layersDB, error) {
	store, err := storage.NewMetaStore(path, func(opts *bolt.Options) error {
		opts.NoSync = true
		return nil
	})
	return &layersDB{MetaStore: store, path: path}, err
}

// Close syncs the database, which bbolt does not do by itself.
func (l *layersDB) Close() (err error) {
	l.once.Do(func() { err = errors.Join(l.MetaStore.Close(), syncFile(l.path)) })
	return err
}

// syncFile waits until the disk has the file, where there is one.
func syncFile(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // nothing was written yet
	}
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
