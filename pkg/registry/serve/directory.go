package serve

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// Names in the registry's directory, beside distribution's own "docker".
const (
	lockName   = "registry.lock"
	secretName = "upload-secret"
)

// lockDir makes dir and takes the lock that keeps a second registry out, in
// this process or another. The lock is the kernel's: it dies with its holder.
func lockDir(dir string) (*flock.Flock, error) {
	if dir == "" {
		return nil, fault.New(fault.Usage, "name one with --dir", "the registry has no directory to keep its content in")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, unusable(dir, err)
	}
	lock := flock.New(filepath.Join(dir, lockName), flock.SetFlag(os.O_CREATE|os.O_RDWR))
	taken, err := lock.TryLock()
	if err != nil {
		return nil, unusable(dir, err)
	}
	if !taken {
		return nil, fault.New(fault.Usage, "stop the other registry, or choose another directory with --dir",
			"directory %s is served by another registry", dir)
	}
	return lock, nil
}

func unusable(dir string, err error) error {
	return fault.Wrap(fault.Usage, fmt.Errorf("use %s as the registry's directory: %w", dir, err),
		"choose a directory that this user can write to with --dir")
}

// uploadSecret is the key that signs upload locations. It is made once per
// directory, so that a location given before a restart is good after it.
func uploadSecret(dir string) (string, error) {
	path := filepath.Join(dir, secretName)
	kept, err := os.ReadFile(path)
	if err == nil && len(kept) > 0 {
		return string(kept), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", unusable(dir, err)
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails, see crypto/rand
	secret := hex.EncodeToString(key[:])
	if err := wholefile.WriteSynced(path, []byte(secret), 0o600); err != nil {
		return "", unusable(dir, err)
	}
	return secret, nil
}
