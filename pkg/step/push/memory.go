package push

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/wholefile"
	"github.com/retort-ci/retort/pkg/registry"
)

const (
	// memoryAge is how long what nobody asks for is kept.
	memoryAge = 30 * 24 * time.Hour
	// maxPlaces is how many repositories are remembered of a layer: the newest.
	maxPlaces = 8
)

// memory is a directory with a small file for each layer and image that was
// pushed. All of it is hints, which are held against an image in the registry:
// its manifest and config tell which blob a layer is, and their digests vouch
// for both. A file that is lost, damaged or false costs time and nothing else.
type memory struct{ dir string }

// layerEntry is what is remembered of a layer.
type layerEntry struct {
	Key    string   `json:"key"` // see engine.Compression.Key
	Digest v1.Hash  `json:"digest"`
	Images []string `json:"images"` // repository@digest that have it, one of each repository, the newest last
}

// imageEntry is what is remembered of an image in one registry.
type imageEntry struct {
	Key string `json:"key"`
	Ref string `json:"ref"` // repository@digest
}

// imageKey is of an image as one compression makes it; a compression that was
// not chosen is one of its own.
func imageKey(id string, how engine.Compression, registry string) string {
	return strings.Join([]string{id, how.String(), registry}, " ")
}

// layer gives what is known of the layer that has the key.
func (m memory) layer(key string) (layerEntry, bool) {
	var e layerEntry
	ok := m.read("layers", key, &e) && e.Key == key && e.Digest.Hex != ""
	return e, ok
}

// keepLayers remembers layers that were made and pushed. Those whose bytes are
// somebody else's have no key.
func (m memory) keepLayers(sent *layers, pushed registry.Pushed) {
	for _, e := range sent.hinted {
		m.keepLayer(e, pushed)
	}
	for _, l := range sent.made {
		keyed, ok := l.(interface{ Key() string })
		if !ok {
			continue
		}
		digest, err := l.Digest()
		if err != nil {
			continue
		}
		m.keepLayer(layerEntry{Key: keyed.Key(), Digest: digest}, pushed)
	}
}

// keepLayer adds the image in its repositories to those that have the layer.
func (m memory) keepLayer(e layerEntry, pushed registry.Pushed) {
	if old, ok := m.layer(e.Key); ok && old.Digest == e.Digest {
		e.Images = old.Images
	}
	for _, ref := range pushed.Refs {
		repository := repositoryOf(ref)
		older := func(at string) bool { return repositoryOf(at) == repository }
		e.Images = append(slices.DeleteFunc(e.Images, older), repository+"@"+pushed.Digest)
	}
	e.Images = e.Images[max(0, len(e.Images)-maxPlaces):]
	m.write("layers", e.Key, e)
}

// image gives repository@digest under which the registry had the image.
func (m memory) image(id string, how engine.Compression, registry string) (string, bool) {
	var e imageEntry
	key := imageKey(id, how, registry)
	ok := m.read("images", key, &e) && e.Key == key && strings.HasPrefix(e.Ref, registry+"/")
	return e.Ref, ok
}

// keepImage remembers the image in each registry that it was pushed to.
func (m memory) keepImage(id string, how engine.Compression, pushed registry.Pushed) {
	for _, ref := range pushed.Refs {
		key := imageKey(id, how, registryOf(ref))
		m.write("images", key, imageEntry{Key: key, Ref: repositoryOf(ref) + "@" + pushed.Digest})
	}
}

func (m memory) path(kind, key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(m.dir, kind, hex.EncodeToString(sum[:])+".json")
}

// read gives what the file says, and keeps it from growing old.
func (m memory) read(kind, key string, v any) bool {
	if m.dir == "" {
		return false
	}
	path := m.path(kind, key)
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, v) != nil {
		return false
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now)
	return true
}

// write replaces the file, and removes those that have grown old.
func (m memory) write(kind, key string, v any) {
	if m.dir == "" {
		return
	}
	data, err := json.Marshal(v)
	path := m.path(kind, key)
	if err != nil || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	_ = wholefile.Write(path, data, 0o600)
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > memoryAge {
			_ = os.Remove(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
}

// repositoryOf is a reference without its tag or digest, in full. A reference
// that is none stays as it is.
func repositoryOf(ref string) string {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return ref
	}
	return parsed.Context().Name()
}

// registryOf is the host that a reference is at.
func registryOf(ref string) string {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return ""
	}
	return parsed.Context().RegistryStr()
}
