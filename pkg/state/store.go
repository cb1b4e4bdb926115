package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// Names in the workspace.
const (
	DirName  = ".retort"          // everything retort writes into a workspace is below it
	FileName = ".retort/run.json" // as messages call the file
)

// Store is the state of one workspace. It is safe for concurrent use, by other
// processes too.
type Store struct {
	dir string
}

// Open gives the store of the workspace in dir. It touches nothing.
func Open(dir string) *Store { return &Store{dir: filepath.Join(dir, DirName)} }

// Path is where the file is, whether it exists or not.
func (s *Store) Path() string { return filepath.Join(s.dir, "run.json") }

// Exists tells whether there is a file, whole or damaged.
func (s *Store) Exists() bool {
	_, err := os.Lstat(s.Path())
	return err == nil
}

// Load reads the file. A missing one gives the zero Run and no error, a damaged
// one a *DamagedError.
func (s *Store) Load() (Run, error) { return read(s.Path()) }

// Update lets change alter the run and writes it back, if it did. It waits its turn
// behind other processes for as long as ctx lasts. When change fails, or the
// disk is full, the file stays as it was. The maps that change gets are not nil.
func (s *Store) Update(ctx context.Context, change func(*Run) error) error {
	return s.locked(ctx, func() error {
		run, err := read(s.Path())
		if err != nil {
			return err
		}
		run.fill()
		before, err := encode(run)
		if err != nil {
			return err
		}
		if err := change(&run); err != nil {
			return err
		}
		data, err := encode(run)
		if err != nil || bytes.Equal(data, before) && s.Exists() {
			return err
		}
		return replace(s.Path(), data)
	})
}

// SetAside renames a damaged file to run.json.damaged and gives that path, so
// that a build can begin anew and nothing is lost. It does nothing, and gives
// an empty path, when the file is whole or missing.
func (s *Store) SetAside(ctx context.Context) (string, error) {
	aside := ""
	err := s.locked(ctx, func() error {
		_, err := read(s.Path())
		if _, damaged := errors.AsType[*DamagedError](err); !damaged {
			return err
		}
		if err := os.Rename(s.Path(), s.Path()+".damaged"); err != nil {
			return fmt.Errorf("setting the damaged state aside: %w", err)
		}
		aside = s.Path() + ".damaged"
		return nil
	})
	return aside, err
}

// Prepare makes the .retort directory and gives its path. A .gitignore in it
// keeps it out of commits, and the work tree clean, whatever the project's own
// .gitignore says.
func (s *Store) Prepare() (string, error) {
	if err := os.Mkdir(s.dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", writeFault(s.dir, err)
	}
	ignore := filepath.Join(s.dir, ".gitignore")
	if _, err := os.Lstat(ignore); err == nil {
		return s.dir, nil
	}
	if err := os.WriteFile(ignore, []byte("*\n"), 0o644); err != nil {
		return "", writeFault(s.dir, err)
	}
	return s.dir, nil
}

// Write keeps a file below .retort, under a name with slashes, and gives its
// path. What was there before stays whole when it cannot be written.
func (s *Store) Write(name string, data []byte) (string, error) {
	dir, err := s.Prepare()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", writeFault(path, err)
	}
	if err := wholefile.Write(path, data, 0o644); err != nil {
		return "", writeFault(path, err)
	}
	return path, nil
}

// locked calls f while no other process of this workspace writes.
func (s *Store) locked(ctx context.Context, f func() error) error {
	dir, err := s.Prepare()
	if err != nil {
		return err
	}
	unlock, err := lock(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	return f()
}
