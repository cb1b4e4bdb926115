// Package quiet keeps distribution from writing to standard error.
package quiet

import (
	"context"
	"io"
	"log/slog"
	"reflect"

	"github.com/sirupsen/logrus"
)

// With gives a context that carries a logger to distribution. Its context key is
// in an internal package, and its default is the process-wide logrus logger, which
// writes to standard error and belongs to whoever imports this package. So the
// key is known by its type's name; a test shows that nothing is written when
// distribution is upgraded.
func With(ctx context.Context, entry *logrus.Entry) context.Context {
	return loggerContext{ctx, entry}
}

type loggerContext struct {
	context.Context //nolint:containedctx // this is a context
	entry           *logrus.Entry
}

// Value answers distribution's request for a logger and passes on the others.
func (c loggerContext) Value(key any) any {
	t := reflect.TypeOf(key)
	if t != nil && t.Name() == "loggerKey" && t.PkgPath() == "github.com/distribution/distribution/v3/internal/dcontext" {
		return c.entry
	}
	return c.Context.Value(key)
}

// Bridge gives a logrus logger that hands its lines to log at debug level,
// since distribution tells an unknown manifest as an error.
func Bridge(log *slog.Logger) *logrus.Entry {
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	logger.SetLevel(logrus.PanicLevel)
	if log.Enabled(context.Background(), slog.LevelDebug) {
		logger.SetLevel(logrus.InfoLevel)
		logger.AddHook(slogHook{log})
	}
	return logrus.NewEntry(logger)
}

type slogHook struct{ log *slog.Logger }

var _ logrus.Hook = slogHook{}

func (slogHook) Levels() []logrus.Level { return logrus.AllLevels }

func (h slogHook) Fire(e *logrus.Entry) error {
	ctx := e.Context
	if ctx == nil {
		ctx = context.Background()
	}
	attrs := make([]slog.Attr, 0, len(e.Data))
	for key, value := range e.Data {
		attrs = append(attrs, slog.Any(key, value))
	}
	h.log.LogAttrs(ctx, slog.LevelDebug, e.Message, attrs...)
	return nil
}
