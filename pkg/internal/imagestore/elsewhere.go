package imagestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// Fetch reads a blob of a repository from its beginning.
type Fetch func(ctx context.Context, repository string, of digest.Digest) (io.ReadCloser, error)

// elsewhere is the file of a blob that the store can get.
type elsewhere struct {
	Repository string              `json:"repository"`
	Blob       ocispecs.Descriptor `json:"blob"`
}

// Elsewhere notes that the repository has the blob. It is fetched when it is read,
// which for most images of a registry is never: the daemon has its own way there.
func (s *Store) Elsewhere(repository string, blob ocispecs.Descriptor) error {
	raw, err := json.Marshal(elsewhere{repository, blob})
	if err != nil {
		return err
	}
	return wholefile.Write(s.elsewhereFile(blob.Digest), raw, 0o644)
}

// From gives the repository that Elsewhere was told for the blob, or "".
func (s *Store) From(blob digest.Digest) string {
	var at elsewhere
	if read(s.elsewhereFile(blob), &at) != nil {
		return ""
	}
	return at.Repository
}

func (s *Store) elsewhereFile(of digest.Digest) string {
	return filepath.Join(s.dir, "elsewhere", of.Algorithm().String()+"-"+of.Encoded())
}

// Info also knows blobs that are to be fetched.
func (s *Store) Info(ctx context.Context, of digest.Digest) (content.Info, error) {
	info, err := s.Store.Info(ctx, of)
	if !errors.Is(err, errdefs.ErrNotFound) {
		return info, err
	}
	var at elsewhere
	if readErr := read(s.elsewhereFile(of), &at); readErr != nil {
		return info, err
	}
	return content.Info{Digest: of, Size: at.Blob.Size}, nil
}

// ReaderAt opens a blob, and fetches one that is elsewhere before that.
func (s *Store) ReaderAt(ctx context.Context, desc ocispecs.Descriptor) (content.ReaderAt, error) {
	at, err := s.Store.ReaderAt(ctx, desc)
	if !errors.Is(err, errdefs.ErrNotFound) && !errors.Is(err, fs.ErrNotExist) {
		return at, err
	}
	var where elsewhere
	if s.fetch == nil || read(s.elsewhereFile(desc.Digest), &where) != nil {
		return nil, err
	}
	if err := s.bring(ctx, where); err != nil {
		return nil, fmt.Errorf("fetch %s of %s: %w", desc.Digest, where.Repository, err)
	}
	return s.Store.ReaderAt(ctx, desc)
}

// bring writes the blob; who asks for it at the same time waits for the first.
func (s *Store) bring(ctx context.Context, at elsewhere) (err error) {
	ref := "fetch-" + at.Blob.Digest.String()
	w, err := content.OpenWriter(ctx, s, content.WithRef(ref), content.WithDescriptor(at.Blob))
	if errors.Is(err, errdefs.ErrAlreadyExists) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = s.Abort(ctx, ref) // the next one begins anew: what came may be damaged
		}
		err = errors.Join(err, w.Close())
	}()
	body, err := s.fetch(ctx, at.Repository, at.Blob.Digest)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	return content.Copy(ctx, w, body, at.Blob.Size, at.Blob.Digest)
}
