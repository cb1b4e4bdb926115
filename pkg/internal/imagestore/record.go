package imagestore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// named is the file of a name.
type named struct {
	Name  string        `json:"name"` // repository:tag or repository@digest, in full
	Image digest.Digest `json:"image"`
}

// Keep records an image whose blobs the store has, and gives it the names, in
// full; those name another image no more.
func (s *Store) Keep(desc ocispecs.Descriptor, names ...string) error {
	desc.Annotations = nil // of the build, not of the image
	raw, err := json.Marshal(desc)
	if err == nil {
		err = wholefile.WriteSynced(s.imageFile(desc.Digest), raw, 0o644)
	}
	for _, name := range names {
		if err != nil {
			break
		}
		if raw, err = json.Marshal(named{Name: name, Image: desc.Digest}); err == nil {
			err = wholefile.WriteSynced(s.nameFile(name), raw, 0o644)
		}
	}
	if err != nil {
		return fmt.Errorf("keep image %s: %w", desc.Digest, err)
	}
	return nil
}

// Image gives the image with this digest. engine.ErrImageNotFound when there is
// none.
func (s *Store) Image(of digest.Digest) (ocispecs.Descriptor, error) {
	var desc ocispecs.Descriptor
	if of.Validate() != nil {
		return desc, fmt.Errorf("%s: %w", of, engine.ErrImageNotFound)
	}
	err := read(s.imageFile(of), &desc)
	if errors.Is(err, fs.ErrNotExist) {
		err = engine.ErrImageNotFound
	}
	if err != nil {
		return desc, fmt.Errorf("%s: %w", of, err)
	}
	return desc, nil
}

// Named gives the image of the name, which is in full.
func (s *Store) Named(name string) (ocispecs.Descriptor, error) {
	var n named
	err := read(s.nameFile(name), &n)
	if errors.Is(err, fs.ErrNotExist) {
		err = engine.ErrImageNotFound
	}
	if err != nil {
		return ocispecs.Descriptor{}, fmt.Errorf("%s: %w", name, err)
	}
	return s.Image(n.Image)
}

// Used notes that the image was of use just now: what was not for long goes first.
func (s *Store) Used(of digest.Digest) {
	now := time.Now()
	_ = os.Chtimes(s.imageFile(of), now, now)
}

// Names gives every name and its image.
func (s *Store) Names() (map[string]digest.Digest, error) {
	names := map[string]digest.Digest{}
	return names, s.each("names", func(path string, _ fs.FileInfo) error {
		var n named
		if err := read(path, &n); err != nil {
			return err
		}
		names[n.Name] = n.Image
		return nil
	})
}

// NamesOf gives the image's tags and repository@digest references, sorted.
func (s *Store) NamesOf(image digest.Digest) (tags, digests []string, err error) {
	names, err := s.Names()
	for name, of := range names {
		switch {
		case of != image:
		case strings.Contains(name, "@"):
			digests = append(digests, name)
		default:
			tags = append(tags, name)
		}
	}
	slices.Sort(tags)
	slices.Sort(digests)
	return tags, digests, err
}

// Forget removes the image with its names. Its blobs go with the next Collect.
func (s *Store) Forget(image digest.Digest) error {
	tags, digests, err := s.NamesOf(image)
	for _, name := range append(tags, digests...) {
		err = errors.Join(err, gone(os.Remove(s.nameFile(name))))
	}
	return errors.Join(err, gone(os.Remove(s.imageFile(image))))
}

// used is an image and when it was of use last.
type used struct {
	ocispecs.Descriptor
	at time.Time
}

// images gives every image, the one used last at the end.
func (s *Store) images() ([]used, error) {
	var all []used
	err := s.each("images", func(path string, info fs.FileInfo) error {
		one := used{at: info.ModTime()}
		if err := read(path, &one.Descriptor); err != nil {
			return err
		}
		all = append(all, one)
		return nil
	})
	slices.SortFunc(all, func(a, b used) int { return a.at.Compare(b.at) })
	return all, err
}

// each gives the records of a kind. One that goes meanwhile is left out.
func (s *Store) each(kind string, do func(path string, info fs.FileInfo) error) error {
	dir := filepath.Join(s.dir, kind)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue // is being written
		}
		info, err := e.Info()
		if err == nil {
			err = do(filepath.Join(dir, e.Name()), info)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func read(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (s *Store) imageFile(of digest.Digest) string {
	return filepath.Join(s.dir, "images", of.Algorithm().String()+"-"+of.Encoded())
}

// nameFile is called by the name's hash: names have slashes.
func (s *Store) nameFile(name string) string {
	return filepath.Join(s.dir, "names", digest.FromString(name).Encoded())
}
