package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// journalAge is how long a location is believed: registries remove unfinished
// uploads after a week, most of them sooner.
const journalAge = 7 * 24 * time.Hour

// journal keeps where an upload is, so that the next process goes on with it
// when this one is killed. It is locked by the process that uploads: another
// one uploads for itself. It is safe to lose. A nil journal keeps nothing.
type journal struct {
	path string
	lock *flock.Flock
	kept string // what the file says
}

// entry is a journal's file.
type entry struct {
	Registry   string    `json:"registry"`
	Repository string    `json:"repository"`
	Blob       string    `json:"blob"` // its digest, or what names it before that is known
	Location   string    `json:"location"`
	Time       time.Time `json:"time"`
}

// openJournal gives the journal of the blob's upload, nil where there is none:
// without a directory, for a small blob, one that can be read only once, and
// while another process has it.
func (c *Client) openJournal(repo name.Repository, b blob) *journal {
	if c.cache == "" || !b.known() && b.late == nil || b.known() && b.size <= smallBlob {
		return nil
	}
	dir := filepath.Join(c.cache, "uploads")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		c.log.Debug("no journal of uploads", "err", err)
		return nil
	}
	sum := sha256.Sum256([]byte(repo.Name() + "@" + b.key()))
	path := filepath.Join(dir, hex.EncodeToString(sum[:]))
	j := &journal{path: path + ".json", lock: flock.New(path + ".lock")}
	if taken, err := j.lock.TryLock(); err != nil || !taken {
		return nil
	}
	j.read(repo, b)
	return j
}

// read takes what an earlier process has kept, if it is good yet.
func (j *journal) read(repo name.Repository, b blob) {
	data, err := os.ReadFile(j.path)
	if err != nil {
		return
	}
	var e entry
	fits := json.Unmarshal(data, &e) == nil && e.Registry == repo.RegistryStr() &&
		e.Repository == repo.RepositoryStr() && e.Blob == b.key()
	if fits && time.Since(e.Time) < journalAge {
		j.kept = e.Location
	}
}

// location is where an earlier process has left the upload, nil if none has.
func (j *journal) location() *url.URL {
	if j == nil || j.kept == "" {
		return nil
	}
	at, err := url.Parse(j.kept)
	if err != nil || at.Host == "" {
		return nil
	}
	return at
}

// keep writes down where the upload is.
func (j *journal) keep(repo name.Repository, b blob, at *url.URL) {
	if j == nil || j.kept == at.String() {
		return
	}
	j.kept = at.String()
	data, err := json.Marshal(entry{
		Registry: repo.RegistryStr(), Repository: repo.RepositoryStr(), Blob: b.key(),
		Location: j.kept, Time: time.Now().UTC(),
	})
	if err == nil {
		_ = wholefile.Write(j.path, data, 0o600) // without it the next process begins anew
	}
}

// remove drops what was kept.
func (j *journal) remove() {
	if j == nil || j.kept == "" {
		return
	}
	j.kept = ""
	_ = os.Remove(j.path)
}

// close lets others have it. The lock's file goes with the journal's: who
// waits for neither loses nothing.
func (j *journal) close() {
	if j == nil {
		return
	}
	if j.kept == "" {
		_ = os.Remove(j.lock.Path())
	}
	_ = j.lock.Unlock()
}
