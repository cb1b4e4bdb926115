// Package buildkit is the one build path of retort: a BuildKit daemon reached
// over whatever connection the caller can dial (a Docker daemon's own /grpc
// and /session, a remote buildkitd, one in this process) and the Dockerfile
// frontend run in this process. Running the frontend here gives every daemon
// the same Dockerfile language, heredocs and COPY --link on Engine 20.10 too,
// and needs no "# syntax=" image to be pulled.
package buildkit

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
)

// Options say how the daemon is reached and what it does with a result.
type Options struct {
	// Dial connects to the daemon's gRPC service.
	Dial func(ctx context.Context) (net.Conn, error)
	// Session connects the session that serves files and credentials to the
	// daemon; nil lets it run over the gRPC service.
	Session func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error)
	// Exporter is the BuildKit exporter whose result the engine keeps: "moby"
	// for a Docker daemon.
	Exporter string
	// ExportAttrs are given to the exporter besides the image's names, such as
	// ImageAttrs.
	ExportAttrs map[string]string
	// Store takes what the exporter gives, in place of the daemon: the exporter is
	// "oci" then. Its images can be built upon, by their names.
	Store Store
	// Refuse says why the daemon cannot have the image of a reference, before it is
	// asked for it; nil lets everything pass.
	Refuse func(ctx context.Context, ref string) error
	// PreferLocal lets FROM take an image of the engine's own store before a
	// registry is asked, as docker build does.
	PreferLocal bool
	// Own says whether that store has the name because something was built under it,
	// so that no registry need know its digest; nil: the daemon gives no digest then.
	Own func(ctx context.Context, ref string) bool
}

// Client builds on one BuildKit daemon. It connects with the first build.
type Client struct {
	opts     Options
	mu       sync.Mutex
	conn     *client.Client
	sessions sessions
}

var _ engine.Builder = (*Client)(nil)

// New gives a client that has not connected yet.
func New(opts Options) *Client { return &Client{opts: opts} }

// Close ends the connection, if one was made.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil {
		return nil
	}
	err := c.conn.Close()
	c.conn = nil
	return err
}

// Connect gives the client's connection to the daemon, which Close ends.
func (c *Client) Connect(ctx context.Context) (*client.Client, error) { return c.connect(ctx) }

func (c *Client) connect(ctx context.Context) (*client.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		return c.conn, nil
	}
	opts := []client.ClientOpt{client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return c.opts.Dial(ctx)
	})}
	if c.opts.Session != nil {
		opts = append(opts, client.WithSessionDialer(c.opts.Session))
	}
	conn, err := client.New(ctx, "", opts...)
	if err != nil {
		return nil, err
	}
	c.conn = conn
	return conn, nil
}

// Build makes the image and leaves it with the daemon's exporter. An error in
// the Dockerfile is an *engine.BuildError with its line.
func (c *Client) Build(ctx context.Context, spec engine.BuildSpec) (engine.Built, error) {
	ctx = quiet(ctx)
	conn, err := c.connect(ctx)
	if err != nil {
		return engine.Built{}, lost(err)
	}
	if err := c.refusedCaches(ctx, spec); err != nil {
		return engine.Built{}, err
	}
	shared, leave, err := c.join(ctx, spec)
	if err != nil {
		return engine.Built{}, err
	}
	defer leave()
	opt, err := c.solveOpt(spec, shared)
	if err != nil {
		return engine.Built{}, err
	}

	front := &frontend{spec: spec, refuse: c.opts.Refuse, own: c.opts.Own}
	watch := newWatch(spec)
	resp, err := shared.solve(ctx, conn, opt, front.build, watch)
	if err != nil {
		return engine.Built{}, explain(ctx, err, front, watch)
	}
	built := engine.Built{
		ID:    resp.ExporterResponse["containerimage.digest"],
		Bases: front.pinned(),
	}
	built.Steps, built.Cached = watch.counts(front.has)
	return built, nil
}

// solve runs the build and drains its status channel; a full channel would
// stop the daemon. A session that is lost ends the build: the daemon would
// wait for it.
func (s *shared) solve(ctx context.Context, conn *client.Client, opt client.SolveOpt, build gateway.BuildFunc, w *watch) (*client.SolveResponse, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer s.follow(cancel)()
	var resp *client.SolveResponse
	statuses := make(chan *client.SolveStatus)
	var g errgroup.Group
	g.Go(func() error {
		for s := range statuses {
			w.update(s)
		}
		return nil
	})
	g.Go(func() (err error) {
		resp, err = conn.Build(ctx, opt, "retort", build, statuses)
		return err
	})
	err := g.Wait()
	w.close()
	if err != nil && errors.Is(context.Cause(ctx), errSessionEnded) {
		err = context.Cause(ctx)
	}
	return resp, err
}

func sink(spec engine.BuildSpec) progress.Sink { return progress.Or(spec.Progress) }
