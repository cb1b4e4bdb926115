//go:build !linux

package embedded

import (
	"context"
	"runtime"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// Engine works on Linux alone.
type Engine struct{}

var _ engine.Builder = (*Engine)(nil)

// New says that this is no Linux.
func New(Options) (*Engine, error) { return nil, elsewhere() }

// Enter has no namespaces to enter.
func Enter(Program) (code int, done bool, err error) { return 0, false, elsewhere() }

// EnterContext has none either.
func EnterContext(context.Context, Program) (code int, done bool, err error) {
	return 0, false, elsewhere()
}

// Build is never reached: there is no Engine.
func (*Engine) Build(context.Context, engine.BuildSpec) (engine.Built, error) {
	return engine.Built{}, elsewhere()
}

// Close has nothing to close.
func (*Engine) Close() error { return nil }

func elsewhere() error {
	return fault.New(fault.Infrastructure, "start Docker, or name a BuildKit daemon: --engine tcp://…",
		"the embedded engine works on Linux, and this is %s", runtime.GOOS)
}
