package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// links remembers which manifests refer to which subject: one file for each
// pair, so that adding needs no lock and listing no manifest.
//
//	<dir>/referrers/<repository>/_subjects/<algorithm>/<hex>/<algorithm>-<hex>.json
//
// No component of a repository's name can begin with an underscore.
type links struct{ dir string }

// add remembers that desc, a manifest in the repository, refers to subject.
func (l links) add(repository string, subject digest.Digest, desc ocispec.Descriptor) error {
	dir := l.subject(repository, subject)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	content, err := json.Marshal(desc)
	if err != nil {
		return err
	}
	name := desc.Digest.Algorithm().String() + "-" + desc.Digest.Encoded() + ".json"
	return wholefile.WriteSynced(filepath.Join(dir, name), content, 0o600)
}

// list gives what refers to subject, ordered by digest. Manifests that were
// deleted since are left out; their files stay, as they may be pushed again.
func (l links) list(repository string, subject digest.Digest) ([]ocispec.Descriptor, error) {
	dir := l.subject(repository, subject)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	found := []ocispec.Descriptor{}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".json") {
			continue // being written, or left by a crash
		}
		desc, err := readLink(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		if l.stands(repository, desc.Digest) {
			found = append(found, desc)
		}
	}
	return found, nil
}

// stands says whether the repository still has the manifest.
func (l links) stands(repository string, manifest digest.Digest) bool {
	_, err := os.Stat(filepath.Join(repositories(l.dir), filepath.FromSlash(repository),
		"_manifests", "revisions", manifest.Algorithm().String(), manifest.Encoded(), "link"))
	return err == nil
}

func (l links) subject(repository string, subject digest.Digest) string {
	return filepath.Join(l.dir, "referrers", filepath.FromSlash(repository),
		"_subjects", subject.Algorithm().String(), subject.Encoded())
}

func readLink(path string) (ocispec.Descriptor, error) {
	var desc ocispec.Descriptor
	content, err := os.ReadFile(path)
	if err != nil {
		return desc, err
	}
	if err := json.Unmarshal(content, &desc); err != nil {
		return desc, fmt.Errorf("read %s: %w", path, err)
	}
	if err := desc.Digest.Validate(); err != nil {
		return desc, fmt.Errorf("read %s: %w", path, err)
	}
	return desc, nil
}
