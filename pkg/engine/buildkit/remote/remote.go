// Package remote is the engine that a BuildKit daemon somewhere else is: a
// buildkitd at an address. It builds there; the daemon has no images that can be
// asked for, so what it builds is kept in a store on this side, by digest, and is
// built upon, looked at and pushed from there, unless the daemon is on another machine
// and sends it to the registry itself. What the daemon has of an image is not sent to
// it again.
package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit"
	"github.com/retort-ci/retort/pkg/engine/buildkit/gatewayrun"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/imagestore"
)

// Options choose the daemon and where its images are kept.
type Options struct {
	// Host is the daemon's address: tcp://HOST:PORT, unix:///PATH, or one of those
	// that BuildKit's client reaches through another program, such as
	// docker-container://NAME, kube-pod://NAME and ssh://HOST. BUILDKIT_HOST when
	// empty.
	Host string
	// TLS is for tcp://; what is empty is taken from the environment.
	TLS TLS
	// StateDir holds the images; retort/remote in the user's cache directory when
	// empty.
	StateDir string
	// StateSize is how many bytes of images Close leaves there, those used last;
	// 0 is a tenth of the disk, 10 GB at most. What was used within a day, or since
	// the engine was opened, stays anyway.
	StateSize int64
	// PlainHTTP are the registries ("host" or "host:port") that Pull may speak to without TLS,
	// besides those on the loopback. How the daemon speaks to them is in its own
	// configuration.
	PlainHTTP []string
	// Warn is told what someone should know though it stops nothing; nil drops it.
	Warn func(text string)
	// Getenv reads the environment; os.Getenv when nil.
	Getenv func(string) string
}

// Engine is one BuildKit daemon. It connects with the first call that needs it.
type Engine struct {
	*gatewayrun.Runtime // its containers

	client   *buildkit.Client
	address  address
	dir      string
	size     int64
	plain    []string // registries without TLS
	warn     func(text string)
	link     *link
	hostname func() (string, error)
	plainly  sync.Once // the warning of it

	mu     sync.Mutex
	store  *imagestore.Store
	since  time.Time        // it is open
	daemon *buildkit.Daemon // once it has answered
}

var (
	_ engine.Builder   = (*Engine)(nil)
	_ engine.Inspector = (*Engine)(nil)
	_ engine.Exporter  = (*Engine)(nil)

	_ engine.IndexExporter = (*Engine)(nil)

	_ engine.Puller    = (*Engine)(nil)
	_ engine.Lineage   = (*Engine)(nil)
	_ engine.Looker    = (*Engine)(nil)
	_ engine.Describer = (*Engine)(nil)
)

// New gives the engine without connecting. An address or certificates that make no
// sense are a usage fault.
func New(opts Options) (*Engine, error) {
	if opts.Getenv == nil {
		opts.Getenv = os.Getenv
	}
	if opts.Warn == nil {
		opts.Warn = func(string) {}
	}
	at, err := parseAddress(cmp.Or(opts.Host, opts.Getenv("BUILDKIT_HOST")))
	if err != nil {
		return nil, err
	}
	config, err := opts.TLS.orEnvironment(opts.Getenv).config(at)
	if err != nil {
		return nil, err
	}
	dir := opts.StateDir
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fault.Wrap(fault.Usage, fmt.Errorf("image store: %w", err), "set HOME, or choose a state directory")
		}
		dir = filepath.Join(cache, "retort", "remote")
	}
	e := &Engine{
		address: at, dir: dir, size: opts.StateSize, plain: opts.PlainHTTP, warn: opts.Warn, hostname: os.Hostname,
		link: &link{dial: at.dial, tls: config},
	}
	e.Runtime = gatewayrun.New(gatewayrun.Options{Connect: e.connect, Image: e.image})
	return e, nil
}

// opened gives the client and its store, opening them for the first call.
func (e *Engine) opened(ctx context.Context) (*buildkit.Client, *imagestore.Store, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.store != nil {
		return e.client, e.store, nil
	}
	since := time.Now()
	store, err := imagestore.Open(ctx, e.dir, imagestore.Options{Fetch: e.fetch})
	if err != nil {
		return nil, nil, err
	}
	e.store, e.since = store, since
	e.client = buildkit.New(buildkit.Options{
		Dial:        func(ctx context.Context) (net.Conn, error) { return e.link.connect(ctx) },
		Exporter:    "oci",
		ExportAttrs: buildkit.ImageAttrs(),
		Store:       store,
		Refuse:      e.refuse,
	})
	return e.client, store, nil
}

// collectWait is how long Close waits for others that use the store, when it has
// outgrown its size.
const collectWait = 5 * time.Second

// Close ends the connections, and keeps as many images as Options.StateSize says.
// Images that were exported cannot be read any more.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.store == nil {
		return nil
	}
	err := errors.Join(e.client.Close(), e.store.Close())
	e.store = nil
	size := e.size
	if size == 0 {
		size = imagestore.Budget(e.dir)
	}
	done, collected := imagestore.Collect(context.Background(), e.dir, imagestore.Limits{Budget: size, Since: e.since, Wait: collectWait})
	if done.Busy {
		e.warn("the image store in " + e.dir + " has outgrown its size, and cannot be tidied while other processes use it")
	}
	return errors.Join(err, collected)
}

// Describe asks the daemon for its version.
func (e *Engine) Describe(ctx context.Context) (string, error) {
	d, err := e.answered(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("buildkitd %s at %s", cmp.Or(d.Version, "of an old version"), e.address), nil
}

// Address is where the daemon is, as BUILDKIT_HOST takes it.
func (e *Engine) Address() string { return e.address.String() }
