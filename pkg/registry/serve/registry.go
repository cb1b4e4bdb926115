package serve

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem" // the driver named in settings
	"github.com/gofrs/flock"
	"github.com/sirupsen/logrus"

	"github.com/retort-ci/retort/pkg/registry/serve/internal/quiet"
)

// registry is the opened directory and the API over it.
type registry struct {
	app     *handlers.App
	handler http.Handler
	lock    *flock.Flock
	log     *logrus.Entry
	purger  <-chan struct{}
	cancel  context.CancelFunc

	// open is held for reading by each request under way. A server that cuts
	// connections does not wait for its handlers, and one that is still writing
	// must not meet a directory that was given back.
	open   sync.RWMutex
	closed bool
}

var _ http.Handler = (*registry)(nil)

// Handler gives the registry over dir as a handler, for servers of the
// caller's own. The directory is made when missing and stays locked until ctx
// is done; so does the work in the background.
func Handler(ctx context.Context, dir string) (http.Handler, error) {
	reg, err := open(ctx, dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = reg.close() })
	return reg, nil
}

func open(ctx context.Context, dir string, log *slog.Logger) (*registry, error) {
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	secret, err := uploadSecret(dir)
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	// The registry outlives ctx for as long as its server drains; close ends it.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	entry := quiet.Bridge(log)
	app := handlers.NewApp(quiet.With(ctx, entry), settings(dir, secret))
	return &registry{
		app:     app,
		handler: &referrers{next: app, links: links{dir}, log: log},
		lock:    lock,
		log:     entry,
		purger:  purge(ctx, dir, log),
		cancel:  cancel,
	}, nil
}

// ServeHTTP answers the OCI distribution API.
func (r *registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.open.RLock()
	defer r.open.RUnlock()
	if r.closed {
		http.Error(w, "the registry is closed", http.StatusServiceUnavailable)
		return
	}
	r.handler.ServeHTTP(w, req.WithContext(quiet.With(req.Context(), r.log)))
}

// close waits for the requests under way, ends the work in the background and
// gives the directory back.
func (r *registry) close() error {
	r.open.Lock()
	r.closed = true
	r.open.Unlock()
	r.cancel()
	<-r.purger
	return errors.Join(r.app.Shutdown(), r.lock.Unlock())
}

// settings is distribution's configuration, as its YAML file would give it.
func settings(dir, secret string) *configuration.Configuration {
	config := &configuration.Configuration{
		Version: configuration.CurrentVersion,
		Storage: configuration.Storage{
			"filesystem":  {"rootdirectory": filepath.Clean(dir)},
			"delete":      {"enabled": true},
			"redirect":    {"disable": true},
			"maintenance": {"uploadpurging": map[any]any{"enabled": false}},
		},
	}
	config.HTTP.Secret = secret
	// A relative Location is right behind any proxy and under any name.
	config.HTTP.RelativeURLs = true
	config.Catalog.MaxEntries = pageLimit
	config.Tags.MaxTags = pageLimit
	config.Validation.Enabled = true
	// Without an allow list, images with foreign layers are refused.
	config.Validation.Manifests.URLs.Allow = []string{"^https?://"}
	return config
}

// pageLimit is distribution's own default, which only its YAML parser applies.
const pageLimit = 1000
