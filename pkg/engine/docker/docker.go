// Package docker is the engine that a Docker daemon is: API 1.41 (Engine
// 20.10) and later. It builds through the daemon's BuildKit, runs containers,
// and exports images. It is the only importer of docker/docker/client.
//
// Which daemon is the docker CLI's own decision: DOCKER_HOST, then
// DOCKER_CONTEXT, then the current context of the docker config, then the
// platform's socket.
package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit"
	"github.com/retort-ci/retort/pkg/fault"
)

// Options choose the daemon. The zero value does as the docker CLI does.
type Options struct {
	// Host is an address as in DOCKER_HOST; it goes before the environment.
	Host string
	// Getenv reads the environment; os.Getenv when nil.
	Getenv func(string) string
}

// Engine is one Docker daemon. It connects with the first call that needs it.
type Engine struct {
	*buildkit.Client // Build and its connection
	api              *client.Client
	address          string
	dial             func(ctx context.Context, network, address string) (net.Conn, error) // to a container
}

var (
	_ engine.Builder   = (*Engine)(nil)
	_ engine.Runner    = (*Engine)(nil)
	_ engine.Creator   = (*Engine)(nil)
	_ engine.Networker = (*Engine)(nil)
	_ engine.Volumer   = (*Engine)(nil)
	_ engine.Inspector = (*Engine)(nil)
	_ engine.Exporter  = (*Engine)(nil)
	_ engine.Puller    = (*Engine)(nil)
	_ engine.Pusher    = (*Engine)(nil)
	_ engine.Lineage   = (*Engine)(nil)
	_ engine.Sweeper   = (*Engine)(nil)
	_ engine.Looker    = (*Engine)(nil)
	_ engine.Describer = (*Engine)(nil)
)

// New gives the engine without connecting. An address or context that makes no
// sense is a usage fault.
func New(opts Options) (*Engine, error) {
	if opts.Getenv == nil {
		opts.Getenv = os.Getenv
	}
	clientOpts, err := endpoint(opts)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("docker address: %w", err),
			"see DOCKER_HOST, DOCKER_CONTEXT and `docker context ls`")
	}
	api, err := client.NewClientWithOpts(append(clientOpts, client.WithAPIVersionNegotiation())...)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("docker client: %w", err), "see DOCKER_HOST and DOCKER_CERT_PATH")
	}
	e := &Engine{api: api, address: api.DaemonHost(), dial: (&net.Dialer{}).DialContext}
	e.Client = buildkit.New(buildkit.Options{
		Dial: func(ctx context.Context) (net.Conn, error) {
			return api.DialHijack(ctx, "/grpc", "h2c", nil)
		},
		Session: func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
			return api.DialHijack(ctx, "/session", proto, meta)
		},
		// On every Docker daemon "moby" means the daemon's own image store. Any
		// other exporter's push is silently ignored by Engine 20.10.
		Exporter:    "moby",
		PreferLocal: true,
	})
	return e, nil
}

// Close ends the connections. Containers are not touched.
func (e *Engine) Close() error {
	return errors.Join(e.Client.Close(), e.api.Close())
}

// Build builds with the daemon's BuildKit into its own image store. More than
// one platform needs a store that can hold an index: the containerd image
// store, which is probed, since the version says nothing about it.
func (e *Engine) Build(ctx context.Context, spec engine.BuildSpec) (engine.Built, error) {
	if err := e.Ping(ctx); err != nil {
		return engine.Built{}, err
	}
	if len(spec.Platforms) > 1 {
		if err := e.holdsIndexes(ctx); err != nil {
			return engine.Built{}, err
		}
	}
	if exports, err := buildkit.ExportsCache(spec); exports || err != nil {
		if err == nil {
			err = e.exportsCache(ctx)
		}
		if err != nil {
			return engine.Built{}, err
		}
	}
	built, err := e.Client.Build(ctx, spec)
	if errors.Is(err, engine.ErrBuild) {
		if away := e.Ping(ctx); away != nil {
			return engine.Built{}, away
		}
	}
	return built, err
}

// Address is where the daemon is, as DOCKER_HOST takes it.
func (e *Engine) Address() string { return e.address }

// Ping says whether the daemon answers: ErrUnavailable when it does not. Over
// gRPC, a daemon that is away and a build that fails may look alike.
func (e *Engine) Ping(ctx context.Context) error {
	_, err := e.api.Ping(ctx)
	return e.explain(ctx, "ping", err)
}

// explain puts the daemon's error on a side: the caller gave up, the daemon is
// away, or it answered with a refusal, which keeps its errdefs type.
func (e *Engine) explain(ctx context.Context, what string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errdefs.IsInvalidArgument(err): // a name, a limit, an image without a command
		return fault.Wrap(fault.Usage, fmt.Errorf("docker: %s: %w", what, err), "")
	case answered(err):
		return fmt.Errorf("docker: %s: %w", what, err)
	}
	return fault.Wrap(fault.Infrastructure, fmt.Errorf("docker at %s: %s: %w: %w", e.address, what, engine.ErrUnavailable, err),
		"is the daemon running? start it (systemctl start docker), or point DOCKER_HOST at one that is")
}

// answered is true for an error that the daemon itself gave, by its HTTP status.
func answered(err error) bool {
	return !client.IsErrConnectionFailed(err) &&
		(errdefs.IsNotFound(err) || errdefs.IsInvalidArgument(err) || errdefs.IsConflict(err) ||
			errdefs.IsInternal(err) || errdefs.IsNotModified(err) || errdefs.IsUnauthorized(err) ||
			errdefs.IsPermissionDenied(err) || errdefs.IsNotImplemented(err))
}

// explained is a stream of the daemon's whose errors tell that it went away.
func (e *Engine) explained(ctx context.Context, what string, stream io.ReadCloser) io.ReadCloser {
	return &body{ReadCloser: stream, explain: func(err error) error { return e.explain(ctx, what, err) }}
}

type body struct {
	io.ReadCloser
	explain func(error) error
}

// Read explains every error but the end.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	return n, b.explain(err)
}
