package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// Image is what all slots know of a name: the image that was last built or pulled
// under it, in whichever slot.
type Image struct {
	Name   string              `json:"name"` // in full, with its tag or digest
	Slot   string              `json:"slot"` // which has it
	Target ocispecs.Descriptor `json:"target"`
	// DiffIDs are its layers', the lowest first.
	DiffIDs []string `json:"diffIDs"`
	// Sources are the labels of the blobs that came from registries, as containerd
	// writes them. The slot's database has them, which others cannot read.
	Sources map[digest.Digest]map[string]string `json:"sources,omitempty"`
}

// imagesDir holds a file for each name, beside the slots.
func (s *Slot) imagesDir() string {
	return filepath.Join(filepath.Dir(filepath.Dir(s.dir)), "images")
}

func (s *Slot) imagePath(name string) string {
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(s.imagesDir(), hex.EncodeToString(sum[:16])+".json")
}

// Remember tells all slots that the image, which this slot has, is what its name
// stands for from now on.
func (s *Slot) Remember(image Image) error {
	image.Slot = filepath.Base(s.dir)
	text, err := json.Marshal(image)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.imagesDir(), 0o700); err != nil {
		return err
	}
	return wholefile.Write(s.imagePath(image.Name), text, 0o600)
}

// Image gives what the name stands for; fs.ErrNotExist when that is not known.
func (s *Slot) Image(name string) (Image, error) { return readImage(s.imagePath(name)) }

// Images are those of all names.
func (s *Slot) Images() ([]Image, error) {
	paths, err := filepath.Glob(filepath.Join(s.imagesDir(), "*.json"))
	if err != nil {
		return nil, err
	}
	var all []Image
	for _, path := range paths {
		image, err := readImage(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // forgotten since
		}
		if err != nil {
			return nil, err
		}
		all = append(all, image)
	}
	return all, nil
}

// Forget lets the name stand for nothing, if it stands for this image of this slot.
func (s *Slot) Forget(image Image) error {
	known, err := s.Image(image.Name)
	if err == nil && known.Slot == filepath.Base(s.dir) && known.Target.Digest == image.Target.Digest {
		err = os.Remove(s.imagePath(image.Name))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func readImage(path string) (image Image, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return image, err
	}
	if json.Unmarshal(text, &image) != nil {
		// The machine went down before the disk had it.
		return Image{}, &fs.PathError{Op: "read", Path: path, Err: fs.ErrNotExist}
	}
	return image, nil
}
