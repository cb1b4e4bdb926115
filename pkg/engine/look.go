package engine

import (
	"context"
	"io/fs"
)

// Looker is the optional ability to look at an image where the engine has
// unpacked it: no container is made, and no layer is brought here.
type Looker interface {
	// Look opens the image with this ID for a function and returns the
	// function's error as it is. What the function saw counts only when Look
	// gives no error. ErrUnsupported when this image is not to be looked at so.
	Look(ctx context.Context, id string, look func(context.Context, Unpacked) error) error
}

// Unpacked is an image's config and files, for any number of goroutines. Paths
// are absolute and have no symbolic link in them: where those lead is for the
// caller to find, who sees them in the directories' entries. What the engine
// does not give is ErrUnsupported.
type Unpacked interface {
	// Config is the image's config (OCI image-spec, config.md) as JSON.
	Config() []byte
	// Stat describes what is at a path.
	Stat(ctx context.Context, path string) (FileEntry, error)
	// ReadDir lists what is in a directory.
	ReadDir(ctx context.Context, dir string) ([]FileEntry, error)
	// ReadFile gives a regular file's bytes, size of them at most.
	ReadFile(ctx context.Context, path string, size int64) ([]byte, error)
}

// FileEntry describes one file, as lstat(2) does.
type FileEntry struct {
	Name     string
	Mode     fs.FileMode
	UID, GID int
	Size     int64  // of a regular file, in bytes
	Link     string // target of a symbolic link
}
