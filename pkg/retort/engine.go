package retort

import (
	"context"
	"io"
	"path/filepath"
	"sync"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/engine/docker"
)

// Engine is what every stage together needs of an engine. Further abilities
// are found by type assertion.
type Engine interface {
	engine.Builder
	engine.Runner
	engine.Inspector
	engine.Exporter
	engine.Puller
	engine.Describer
	io.Closer
}

var (
	_ Engine = (*docker.Engine)(nil)
	_ Engine = (*remote.Engine)(nil)
)

func (p *Pipeline) newEngine(choice EngineChoice) (Engine, error) {
	switch choice.Name {
	case engineDocker:
		return docker.New(docker.Options{Getenv: p.getenv})
	case engineEmbedded:
		return p.opts.Embedded()
	}
	opts := remote.Options{
		Host: choice.Name, StateDir: p.opts.StateDir, StateSize: p.opts.StateSize, PlainHTTP: p.opts.PlainHTTP,
		Warn: func(text string) { p.warn("", "", text) }, Getenv: p.getenv,
	}
	if opts.StateDir == "" && p.opts.CacheDir != "" {
		opts.StateDir = filepath.Join(p.opts.CacheDir, "remote")
	}
	return remote.New(opts)
}

// lazyEngine is opened with its first use: promote needs none.
type lazyEngine struct {
	mu     sync.Mutex
	engine Engine
	choice EngineChoice
	name   string // as it describes itself, once it was asked
}

func (p *Pipeline) openEngine(ctx context.Context) (Engine, error) {
	l := &p.engine
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.engine != nil {
		return l.engine, nil
	}
	choice, err := p.chooseEngine(ctx)
	if err != nil {
		return nil, err
	}
	eng, err := p.newEngine(choice)
	if err != nil {
		return nil, err
	}
	l.engine, l.choice = eng, choice
	return eng, nil
}

// engineAtWork opens the engine for a stage that cannot do without it, and says
// what it is and why where nobody named it. A push may need none.
func (p *Pipeline) engineAtWork(ctx context.Context, stage string) (Engine, error) {
	eng, err := p.openEngine(ctx)
	if err != nil {
		return nil, err
	}
	l := &p.engine
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.name != "" {
		return eng, nil
	}
	name, err := eng.Describe(ctx)
	if err != nil {
		return nil, err
	}
	if l.name = name; l.choice.Why != "" {
		p.note(stage, "", "engine "+name+" ("+l.choice.Why+")")
	}
	return eng, nil
}

// described is what the engine called itself at work, empty before.
func (l *lazyEngine) described() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.name
}

func (l *lazyEngine) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.engine == nil {
		return nil
	}
	return l.engine.Close()
}
