//go:build linux

package containers

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Kinds of what is written down, as people read them.
const (
	kindContainer = "container"
	kindNetwork   = "network"
	kindVolume    = "volume"
)

// recordName is the file of a Record in a thing's directory.
const recordName = "record.json"

// Record is what is written down of a container, network or volume while it is
// there, so that another process can tell whose it is.
type Record struct {
	Kind    string            `json:"kind"` // container, network or volume
	Name    string            `json:"name"`
	Labels  map[string]string `json:"labels,omitempty"`
	Created time.Time         `json:"created"`
}

// String names the thing.
func (r Record) String() string { return r.Kind + " " + r.Name }

// write makes the thing's directory with the record in it.
func (r Record) write(dir string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, recordName), text, 0o600); err != nil {
		_ = os.RemoveAll(dir)
		return err
	}
	return nil
}

// Records reads what all processes have written down below root, an Options.Root.
func Records(root string) ([]Record, error) {
	return records(filepath.Join(root, "*"))
}

// records takes the homes as a glob pattern. What vanishes meanwhile is left out,
// and so is what its maker was killed in the middle of writing.
func records(homes string) ([]Record, error) {
	files, err := filepath.Glob(filepath.Join(homes, "*", "*", recordName))
	if err != nil {
		return nil, err
	}
	var all []Record
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var r Record
		if json.Unmarshal(text, &r) == nil {
			all = append(all, r)
		}
	}
	return all, nil
}
