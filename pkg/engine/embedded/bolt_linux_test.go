package embedded

import (
	"errors"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// A transaction upon what BuildKit knows of its snapshots, of which a build makes
// dozens, does not wait for the disk.
func TestMetadataIsNotSynced(t *testing.T) {
	t.Parallel()
	store, err := openMetadata(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	waits := true
	err = store.DB().View(func(tx *bolt.Tx) error {
		waits = !tx.DB().NoSync
		return nil
	})
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	if waits {
		t.Error("each transaction waits for the disk")
	}
}
