// Package retort is the front door of the library: it opens a project, an
// engine and registries, and composes the steps that take an image from its
// Dockerfile to production. The command is a thin layer over this package.
//
//	p, err := retort.Open(ctx, retort.Options{Dir: "."})
//	…
//	built, err := p.Build(ctx, retort.BuildOptions{})
//	tested, err := p.Test(ctx, retort.TestOptions{})
//	pushed, err := p.Push(ctx, retort.PushOptions{})
//	live, err := p.Promote(ctx, retort.PromoteOptions{To: "staging"})
//
// Each stage may run in a process, and on a machine, of its own: what a later
// one needs is in the workspace's .retort/run.json or, under the commit's name,
// in the registry.
package retort

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/state"
)

// Options say what to open. The zero value is the project in the working
// directory, on the engine and with the credentials that docker would use.
type Options struct {
	Dir   string   // of the project; the working directory when empty
	Files []string // compose files, as with docker compose -f
	// Image makes the directory's Dockerfile the project, with this reference
	// for its image; compose files are not looked at.
	Image      string
	Dockerfile string // of Image, relative to Dir
	Target     string // stage of Image's Dockerfile
	Args       map[string]string

	// Engine is "auto" (also when empty), "docker", "embedded", or the address of a
	// BuildKit daemon, tcp:// or unix://: see [ChooseEngine].
	Engine string
	// EngineWhy is why Engine is what it is, where ChooseEngine has chosen it: said
	// by the stage that works on it.
	EngineWhy string
	// Embedded opens the engine that runs in this process, made by
	// pkg/engine/embedded. It is handed in, so that programs that want Docker alone
	// do not link a BuildKit; nil: there is none.
	Embedded func() (Engine, error)
	// StateDir is where the images of a BuildKit daemon are kept on this side,
	// StateSize how many bytes of them; below the user's cache directory, and at most
	// 10 GB or a tenth of the disk when empty.
	StateDir  string
	StateSize int64

	Mirror    string   // registry host that stands for Docker Hub in FROM
	PlainHTTP []string // registries to speak to without TLS, besides loopback
	Version   string   // of the program, for the User-Agent

	// RetryFor is how long a registry's request that fails is tried again;
	// registry.DefaultRetryFor when 0, below 0 not at all.
	RetryFor time.Duration
	// Compression is that of layers that are pushed and that no registry holds yet:
	// "gzip", "zstd", or one of them with a level, "zstd:9".
	Compression string
	// CacheDir is where it is kept how far uploads are, to go on with after a kill,
	// and what was pushed, to be pushed again without reading it. It is safe to
	// lose. Empty: below the user's cache directory.
	CacheDir string

	// Signer signs what is stated about images: test results, provenance, and that
	// Promote and Rollback have brought them to an environment. Nil: it is stated
	// without a signature.
	Signer *bundle.Signer

	// OnSecret is told of every password and token that registries are shown, for
	// whoever shows output. It must be safe for concurrent use.
	OnSecret func(string)

	Env      []string      // NAME=value pairs for the project file, CI and engine; os.Environ() when nil
	Progress progress.Sink // nil discards
	Logger   *slog.Logger  // nil discards
}

// Pipeline is a project with what its stages work on. Nothing is connected
// before a stage needs it. It is safe for concurrent use.
type Pipeline struct {
	Project *project.Project
	CI      ci.Environment // what is built, and by which CI system

	opts     Options
	sink     progress.Sink
	registry *registry.Client
	state    *state.Store
	mirror   engine.BaseResolver // nil without a mirror

	engine lazyEngine
	fresh  builtHere
}

// Open reads the project and looks at its checkout. The error is a fault on
// the usage side when the project file is to blame.
func Open(ctx context.Context, opts Options) (*Pipeline, error) {
	p := newPipeline(opts)
	var err error
	if p.Project, err = load(ctx, opts); err != nil {
		return nil, err
	}
	for _, w := range p.Project.Warnings {
		p.warn("", "", w)
	}
	p.CI, err = ci.Describe(ctx, p.Project.Dir, p.getenv)
	if err != nil {
		return nil, gitFault(err)
	}
	for _, n := range p.CI.Notes {
		p.note("", "", n)
	}
	p.state = state.Open(p.Project.Dir)
	if opts.Mirror != "" {
		if p.mirror, err = registry.NewMirror(p.registry.With("build", ""), opts.Mirror); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// OpenPlain opens engine and registries without a project, for work on plain
// references: [Pipeline.TestImage], [Pipeline.PushImage], [Pipeline.PromoteImage].
func OpenPlain(opts Options) *Pipeline {
	p := newPipeline(opts)
	p.Project = &project.Project{Dir: opts.Dir}
	p.state = state.Open(opts.Dir)
	p.CI = ci.Read(p.getenv)
	return p
}

func newPipeline(opts Options) *Pipeline {
	if opts.Env == nil {
		opts.Env = os.Environ()
	}
	p := &Pipeline{opts: opts, sink: progress.Or(opts.Progress)}
	p.registry = registry.New(registry.Options{
		PlainHTTP: opts.PlainHTTP, UserAgent: "retort/" + opts.Version,
		RetryFor: opts.RetryFor, CacheDir: cacheDir(opts.CacheDir), OnSecret: opts.OnSecret,
		Progress: p.sink, Logger: opts.Logger,
	})
	return p
}

// cacheDir is where uploads and what was pushed are remembered. Where a user has
// no cache directory, nothing is.
func cacheDir(dir string) string {
	if dir != "" {
		return dir
	}
	user, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(user, "retort")
}

// getenv is the variable's value in Options.Env, empty when it is not there.
func (p *Pipeline) getenv(name string) string {
	value, _ := p.lookupEnv(name)
	return value
}

// lookupEnv is the variable's value there, and whether it is set.
func (p *Pipeline) lookupEnv(name string) (string, bool) {
	for _, pair := range p.opts.Env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// Close gives connections back. It ends nothing that runs.
func (p *Pipeline) Close() error {
	p.registry.Close()
	return p.engine.close()
}

func (p *Pipeline) warn(stage, subject, text string) {
	p.sink.Emit(progress.Event{Kind: progress.Warning, Stage: stage, Subject: subject, Text: text})
}

func (p *Pipeline) note(stage, subject, text string) {
	p.sink.Emit(progress.Event{Kind: progress.Note, Stage: stage, Subject: subject, Text: text})
}
