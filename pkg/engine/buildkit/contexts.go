package buildkit

import (
	"fmt"
	"strings"
	"sync"

	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// dirs are the directories a session serves. Builds add to them.
type dirs struct {
	mu sync.Mutex
	fs map[string]fsutil.FS
}

var _ filesync.DirSource = (*dirs)(nil)

// LookupDir answers the daemon.
func (d *dirs) LookupDir(name string) (fsutil.FS, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fs, ok := d.fs[name]
	return fs, ok
}

func (d *dirs) add(name string, fs fsutil.FS) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fs == nil {
		d.fs = map[string]fsutil.FS{}
	}
	d.fs[name] = fs
}

// addContexts serves the context and each additional context that is a
// directory; others (docker-image://, https://) go to the frontend as they are,
// but for images that the engine has itself.
func (c *Client) addContexts(s *shared, spec engine.BuildSpec, attrs map[string]string) error {
	if err := s.addContext("context", spec.Context); err != nil {
		return err
	}
	for name, from := range spec.Contexts {
		switch scheme, _, remote := strings.Cut(from, "://"); {
		case strings.HasPrefix(from, "service:"):
			return fault.Wrap(fault.Usage, fmt.Errorf("context %s=%s: %w", name, from, engine.ErrUnsupported),
				"name the service's image by docker-image:// instead")
		case remote && scheme != "file":
			attrs["context:"+name] = from
			if own, ok := c.localImage(strings.TrimPrefix(from, "docker-image://")); ok && scheme == "docker-image" {
				attrs["context:"+name] = own
			}
		default:
			local := "context-" + name
			attrs["context:"+name] = "local:" + local
			if err := s.addContext(local, strings.TrimPrefix(from, "file://")); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *shared) addContext(name, dir string) error {
	fs, err := fsutil.NewFS(dir)
	if err != nil {
		return fault.Wrap(fault.Usage, fmt.Errorf("open build context: %w", err),
			"the context must be a directory; see build.context in compose.yaml")
	}
	// retort's own files change with every stage: in the context they would
	// spoil the cache of each COPY, and no image wants them.
	fs, err = fsutil.NewFilterFS(fs, &fsutil.FilterOpt{ExcludePatterns: []string{"**/.retort"}})
	if err != nil {
		return err
	}
	s.dirs.add(name, fs)
	return nil
}
