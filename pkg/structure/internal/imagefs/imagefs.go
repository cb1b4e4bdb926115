// Package imagefs answers questions about files of an image from its layers,
// as tar streams, without unpacking them and without a container.
//
// Layers are read from the top one down, each once, and only as far down as
// the questions need: a file that an upper layer holds costs nothing of the
// layers below it. The layers are flattened as an overlay file system does it
// (OCI image-spec v1.1, layer.md, "Applying Changesets"): whiteouts and opaque
// directories hide what is below, a directory over something else replaces it.
package imagefs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Why a question has no answer, besides fs.ErrNotExist.
var (
	// ErrLoop: more symbolic links on the way than Linux follows.
	ErrLoop = errors.New("too many levels of symbolic links")
	// ErrNotRegular: content was asked for of what has none.
	ErrNotRegular = errors.New("not a regular file")
	// ErrTooLarge: the content is larger than the limit.
	ErrTooLarge = errors.New("file is too large")
	// ErrBrokenLink: a hard link to what its layer does not hold.
	ErrBrokenLink = errors.New("hard link to a file that is not in the layer")
)

// Question is what is asked about one path. The path may be relative to the
// root; its symbolic links and ".." are resolved inside the image.
type Question struct {
	Path    string
	Follow  bool // also the last element, when it is a symbolic link
	Content bool // of the file, too; implies Follow
}

// Answer is what is known of a path. Err is fs.ErrNotExist or one of the
// sentinels above, wrapped; Info stands where the file is there all the same.
type Answer struct {
	Info
	Content []byte
	Err     error
}

// Info is a file's metadata.
type Info struct {
	Path     string // after symbolic links, absolute
	Mode     fs.FileMode
	UID, GID int
	Link     string // target of a symbolic link that was not followed
}

// Lookup answers questions, in their order. Contents of more than limit bytes
// are not read. An error says that the layers could not be read.
func Lookup(ctx context.Context, image v1.Image, questions []Question, limit int64) ([]Answer, error) {
	layers, err := image.Layers()
	if err != nil {
		return nil, fmt.Errorf("list the image's layers: %w", err)
	}
	r := &reader{tree: newTree(), layers: layers, limit: limit, wanted: map[string]bool{}, kept: map[int32]content{}}
	for _, q := range questions {
		if q.Content {
			r.wanted[clean(q.Path)] = true
		}
	}
	unread := len(layers)
	for ; unread > 0 && !r.tree.settles(questions, int32(unread)); unread-- {
		if err := r.index(ctx, unread-1); err != nil {
			return nil, err
		}
	}
	return r.answer(ctx, questions, int32(unread))
}

// settles is true when the layers not read yet cannot change an answer.
func (t *tree) settles(questions []Question, unread int32) bool {
	for _, q := range questions {
		if _, err := t.resolve(q.Path, q.Follow || q.Content, unread); errors.Is(err, errUnread) {
			return false
		}
	}
	return true
}
