package embedded

import (
	"os"
	"path/filepath"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
)

// Options are the choices of New. The zero value is useful.
type Options struct {
	// StateDir holds images and caches; retort/engine in the user's cache
	// directory when empty.
	StateDir string
	// CacheSize is what they may take, in bytes, for all processes that share
	// StateDir. 0 is 10 GB or a tenth of the disk, whichever is less.
	CacheSize int64
	// PlainHTTP are the registries ("host:port") that are spoken to without TLS,
	// besides those on this machine's loopback.
	PlainHTTP []string
	// Progress is told when another process is waited for.
	Progress progress.Sink
	// Getenv reads the environment; os.Getenv when nil. What is looked for there
	// is HOME and XDG_CACHE_HOME.
	Getenv func(string) string
}

// stateDir gives the absolute path of the state directory.
func (o Options) stateDir() (string, error) {
	if o.StateDir != "" {
		return filepath.Abs(o.StateDir)
	}
	getenv := o.Getenv
	if getenv == nil {
		getenv = os.Getenv
	}
	cache := getenv("XDG_CACHE_HOME")
	if home := getenv("HOME"); !filepath.IsAbs(cache) && filepath.IsAbs(home) {
		cache = filepath.Join(home, ".cache")
	}
	if !filepath.IsAbs(cache) {
		return "", fault.New(fault.Usage, "name a directory on a local disk: --state-dir",
			"the embedded engine has no place to keep its state: neither HOME nor XDG_CACHE_HOME is set")
	}
	return filepath.Join(cache, "retort", "engine"), nil
}
