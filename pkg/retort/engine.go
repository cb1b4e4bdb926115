package retort

import (
	"io"
	"strings"
	"sync"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker"
	"github.com/retort-ci/retort/pkg/fault"
)

// Engine is what every stage together needs of an engine. Further abilities
// are found by type assertion.
type Engine interface {
	engine.Builder
	engine.Runner
	engine.Inspector
	engine.Exporter
	engine.Puller
	io.Closer
}

var _ Engine = (*docker.Engine)(nil)

// newEngine chooses by name. "auto" is Docker until another engine exists to
// choose from.
func (p *Pipeline) newEngine() (Engine, error) {
	switch name := p.opts.Engine; {
	case name == "" || name == "auto" || name == "docker":
		return docker.New(docker.Options{Getenv: p.getenv})
	case strings.Contains(name, "://"):
		return nil, fault.New(fault.Usage, "for a Docker daemon there, set DOCKER_HOST="+name+" and use --engine docker",
			"engine %s: a BuildKit daemon by address is not supported yet", name)
	}
	return nil, fault.New(fault.Usage, "the engines are: auto, docker", "unknown engine %q", p.opts.Engine)
}

// lazyEngine is opened with its first use: promote needs none.
type lazyEngine struct {
	mu     sync.Mutex
	engine Engine
}

func (p *Pipeline) openEngine() (Engine, error) {
	l := &p.engine
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.engine != nil {
		return l.engine, nil
	}
	eng, err := p.newEngine()
	if err != nil {
		return nil, err
	}
	l.engine = eng
	return eng, nil
}

func (l *lazyEngine) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.engine == nil {
		return nil
	}
	return l.engine.Close()
}
