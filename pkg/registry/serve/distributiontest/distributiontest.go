// Package distributiontest serves distribution v3 as it is, without anything that
// the embedded registry adds: it has no referrers API, and answers that are its
// own. It is for tests.
package distributiontest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory" // the driver named in settings
	"github.com/sirupsen/logrus"

	"github.com/retort-ci/retort/pkg/registry/serve/internal/quiet"
)

// settings are read as distribution's own program reads them, so that what they do
// not say is as it is there. Locations are absolute, as they are by default, which
// the embedded registry's are not.
const settings = `version: 0.1
storage:
  inmemory: {}
  delete: {enabled: true}
  maintenance: {uploadpurging: {enabled: false}}
http: {secret: of-this-test}
`

// Handler gives a registry that is empty and keeps all in memory. What it does in
// the background ends with ctx.
func Handler(ctx context.Context) (http.Handler, error) {
	config, err := configuration.Parse(strings.NewReader(settings))
	if err != nil {
		return nil, fmt.Errorf("settings of distribution: %w", err)
	}
	entry := quiet.Bridge(slog.New(slog.DiscardHandler))
	app := handlers.NewApp(quiet.With(ctx, entry), config)
	context.AfterFunc(ctx, func() { _ = app.Shutdown() })
	return silent{app, entry}, nil
}

// silent serves without a line on standard error.
type silent struct {
	next http.Handler
	log  *logrus.Entry
}

func (s silent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.next.ServeHTTP(w, r.WithContext(quiet.With(r.Context(), s.log)))
}
