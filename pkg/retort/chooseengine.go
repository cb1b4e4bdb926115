package retort

import (
	"context"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/engine/docker"
	"github.com/retort-ci/retort/pkg/fault"
)

// Names of engines, besides the address of a BuildKit daemon.
const (
	engineAuto     = "auto"
	engineDocker   = "docker"
	engineEmbedded = "embedded"
)

// answerLimit is how long a Docker daemon that nobody named may take to answer
// before another engine is chosen.
const answerLimit = 3 * time.Second

// EngineChoice is an engine, and why it is this one.
type EngineChoice struct {
	Name string // "docker", "embedded", or a BuildKit daemon's address
	Why  string // empty when it was asked for by its name
}

// Embedded says whether the engine runs in this process.
func (c EngineChoice) Embedded() bool { return c.Name == engineEmbedded }

// ChooseEngine says which engine [Options.Engine] means here. "auto" is what
// DOCKER_HOST, DOCKER_CONTEXT or BUILDKIT_HOST name, else a Docker daemon that
// answers, else the embedded engine where the program has one. It opens none.
func ChooseEngine(ctx context.Context, opts Options) (EngineChoice, error) {
	return newPipeline(opts).chooseEngine(ctx)
}

func (p *Pipeline) chooseEngine(ctx context.Context) (EngineChoice, error) {
	switch name := p.opts.Engine; {
	case name == "" || name == engineAuto:
		return p.autoEngine(ctx)
	case name == engineDocker || strings.Contains(name, "://"), name == engineEmbedded && p.opts.Embedded != nil:
		return EngineChoice{name, p.opts.EngineWhy}, nil
	case name == engineEmbedded:
		return EngineChoice{}, fault.New(fault.Usage, "set Options.Embedded to what opens it, from pkg/engine/embedded",
			"this program has no embedded engine")
	}
	return EngineChoice{}, fault.New(fault.Usage, "the engines are: auto, docker, embedded, and BuildKit daemons by address: tcp://…, unix://…",
		"unknown engine %q", p.opts.Engine)
}

// autoEngine takes what is named before what is found.
func (p *Pipeline) autoEngine(ctx context.Context) (EngineChoice, error) {
	for _, name := range []string{"DOCKER_HOST", "DOCKER_CONTEXT"} {
		if p.getenv(name) != "" {
			return EngineChoice{engineDocker, name + " names it"}, nil
		}
	}
	if address := p.getenv("BUILDKIT_HOST"); address != "" {
		return EngineChoice{address, "BUILDKIT_HOST names it"}, nil
	}
	eng, err := docker.New(docker.Options{Getenv: p.getenv})
	if err != nil {
		return EngineChoice{}, err
	}
	defer func() { _ = eng.Close() }()
	asking, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	switch err := eng.Ping(asking); {
	case err == nil:
		return EngineChoice{engineDocker, "it answers"}, nil
	case ctx.Err() != nil:
		return EngineChoice{}, context.Cause(ctx)
	case p.opts.Embedded == nil:
		return EngineChoice{engineDocker, "this program has no other"}, nil
	}
	return EngineChoice{engineEmbedded, "no Docker daemon answers at " + eng.Address()}, nil
}
