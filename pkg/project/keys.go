package project

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/retort-ci/retort/pkg/evidence/bundle"
)

// maxKeys bounds a file of public keys, in bytes.
const maxKeys = 64 << 10

// keys are public keys: files of them, relative to dir, or the PEM itself. One is
// known by the name of its file as it stands in the project file.
func (v value) keys(dir string) bundle.Keys {
	if v.raw == nil {
		return nil
	}
	keys := bundle.Keys{} // never nil: what is wrong here must not open the gate
	items := v.oneOrMore()
	if len(items) == 0 {
		v.fail("must name at least one public key")
	}
	for _, item := range items {
		keys = append(keys, item.key(dir)...)
	}
	return keys
}

// key is one of the items. What is wrong with it is noted.
func (v value) key(dir string) bundle.Keys {
	text := v.said()
	if text == "" {
		return nil
	}
	name, data := text, []byte(text)
	if strings.Contains(text, "-----BEGIN") {
		name = "the key in " + strings.Join(v.path, ".")
	} else {
		if !filepath.IsAbs(text) {
			text = filepath.Join(dir, text)
		}
		var err error
		if data, err = readKeys(text); err != nil {
			v.fail("read public keys: %v", err)
			return nil
		}
	}
	keys, err := bundle.ParseKeys(name, data)
	if err != nil {
		v.fail("%v", err)
	}
	return keys
}

func readKeys(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxKeys+1)) // ParseKeys refuses what is longer
}
