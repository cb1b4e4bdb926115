package gatewayrun

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/grace"
	"github.com/retort-ci/retort/pkg/internal/placing"
)

// Start makes a container and begins its command.
func (r *Runtime) Start(ctx context.Context, spec engine.ContainerSpec) (engine.Container, error) {
	made, err := r.Create(ctx, spec)
	if err != nil {
		return nil, err
	}
	c, err := made.Start(ctx, spec.Stdout, spec.Stderr)
	if err != nil {
		late, cancel := grace.Outlive(ctx, cleanupLimit)
		defer cancel()
		_ = made.Remove(late)
	}
	return c, err
}

// Create holds a build open for the container, with its mounts made.
func (r *Runtime) Create(ctx context.Context, spec engine.ContainerSpec) (engine.Created, error) {
	if err := check(spec); err != nil {
		return nil, err
	}
	img, err := r.opts.Image(ctx, spec.Image)
	if err != nil {
		return nil, err
	}
	conn, err := r.opts.Connect(ctx)
	if err != nil {
		return nil, err
	}
	own, err := hasPrivate(ctx, conn)
	if err != nil {
		return nil, err
	}
	if err := grants(ctx, conn, []engine.ContainerSpec{spec}, own); err != nil {
		return nil, err
	}
	c, err := r.newContainer(ctx, spec, own)
	if err != nil {
		return nil, err
	}
	if err = c.pinned(ctx, conn); err == nil {
		err = c.open(conn, img)
	}
	if err != nil {
		c.leave()
		r.forget(c)
		return nil, err
	}
	select {
	case <-c.made:
		return &created{c}, nil
	case <-c.ended:
		err = c.explainStart(ctx, c.why())
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	c.cancel(errReleased)
	late, cancel := grace.Outlive(ctx, cleanupLimit)
	defer cancel()
	_ = c.Remove(late)
	return nil, err
}

// created is a container whose command was not begun.
type created struct{ c *container }

var _ engine.Created = (*created)(nil)

// Start begins the command, which then knows who is on its network.
func (m *created) Start(ctx context.Context, stdout, stderr io.Writer) (engine.Container, error) {
	m.c.stdout.out, m.c.stderr.out = stdout, stderr
	close(m.c.start)
	if err := m.c.begin(ctx); err != nil {
		return nil, err
	}
	m.c.stdout.listen()
	m.c.stderr.listen()
	return m.c, nil
}

// Remove gives the container up.
func (m *created) Remove(ctx context.Context) error { return m.c.Remove(ctx) }

// newContainer takes the container's name, its network and its volumes.
func (r *Runtime) newContainer(ctx context.Context, spec engine.ContainerSpec, own bool) (*container, error) {
	net, err := r.network(spec)
	if err != nil {
		return nil, err
	}
	c := &container{
		runtime: r, spec: spec, id: rand.Text(), network: net, told: map[*container]bool{}, hostNet: spec.Network == "host" || (spec.Network == "" && !own),
		netMode: netMode(spec, own), heard: make(chan []string, 4),
		made: make(chan struct{}), start: make(chan struct{}), release: make(chan struct{}), released: make(chan struct{}), ended: make(chan struct{}), begun: make(chan struct{}),
		stdout: &guard{}, stderr: &guard{},
	}
	if err := r.remember(c); err != nil {
		return nil, err
	}
	c.live, c.cancel = context.WithCancelCause(quiet(context.WithoutCancel(ctx)))
	c.volumes, c.fresh, c.leave = r.use(spec)
	return c, nil
}

// remember keeps two containers from having one name.
func (r *Runtime) remember(c *container) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name := c.spec.Name; name != "" {
		if r.names[name] {
			return fmt.Errorf("buildkit: create a container of %s: the name %s is taken", c.spec.Image, name)
		}
		r.names[name] = true
	}
	r.containers[c] = true
	return nil
}

func netMode(spec engine.ContainerSpec, own bool) pb.NetMode {
	switch {
	case spec.Network == "none":
		return pb.NetMode_NONE
	case spec.Network == "host" && own:
		return pb.NetMode_HOST
	}
	return pb.NetMode_UNSET
}

// hold makes the container, runs its command when that is wanted, and keeps the
// container until it is released.
func (c *container) hold(ctx context.Context, gw gateway.Client, img Image) error {
	if err := c.create(ctx, gw, img); err != nil {
		return err
	}
	close(c.made)
	defer func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseLimit)
		defer cancel()
		_ = c.gw.Release(late) // its error is the command's
	}()
	select {
	case <-c.start:
		if err := c.run(ctx); err != nil {
			return err
		}
	case <-c.release:
	case <-ctx.Done():
	}
	select {
	case <-c.release:
	case <-ctx.Done():
	}
	return nil
}

func (c *container) create(ctx context.Context, gw gateway.Client, img Image) error {
	root, err := solve(ctx, gw, img.State)
	if err != nil {
		return err
	}
	c.image = treeOf(root)
	if err := placing.CheckLinks(ctx, c.image.look, c.spec); err != nil {
		return err
	}
	if err := c.empty(ctx); err != nil {
		return err
	}
	if c.process, err = newProcess(c.spec, img.Config, read(ctx, root, "/etc/passwd"), read(ctx, root, "/etc/group")); err != nil {
		return err
	}
	tools, err := tools(ctx, gw, c.process.arch)
	if err != nil {
		return err
	}
	c.mounts = mounts(c.spec, root, tools, func(name string) string { return c.volumes[name].id })
	c.gw, err = gw.NewContainer(ctx, gateway.NewContainerRequest{Mounts: c.mounts, NetMode: c.netMode, Hostname: c.hostname()})
	return err
}

// read gives a file of the image, and nothing where there is none.
func read(ctx context.Context, root gateway.Reference, name string) []byte {
	if root == nil {
		return nil
	}
	content, err := root.ReadFile(ctx, gateway.ReadRequest{Filename: name})
	if err != nil {
		return nil
	}
	return content
}

func (c *container) hostname() string {
	if c.spec.Hostname != "" {
		return c.spec.Hostname
	}
	return strings.ToLower(c.id[:12])
}

// begin waits until the command has begun, or cannot.
func (c *container) begin(ctx context.Context) error {
	select {
	case words := <-c.heard:
		return c.heed(ctx, words)
	case <-c.ended:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case words := <-c.heard: // it ended at once
		return c.obey(ctx, words)
	default:
	}
	if err := c.why(); err != nil {
		return c.explainStart(ctx, err)
	}
	return fault.Wrap(fault.Unexpected, fmt.Errorf("buildkit: start a container of %s: it ended with %d: %s", c.spec.Image, c.code, c.stderr.beginning()), "")
}

// heed takes words that may be here before the answer to the command's start.
func (c *container) heed(ctx context.Context, words []string) error {
	select {
	case <-c.begun:
	case <-c.ended:
		if err := c.why(); err != nil {
			return c.explainStart(ctx, err)
		}
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return c.obey(ctx, words)
}

// explainStart keeps what is known of an error.
func (c *container) explainStart(ctx context.Context, err error) error {
	if fault.SideOf(err) != fault.Unexpected || errors.Is(err, engine.ErrUnsupported) {
		return err
	}
	return explain(ctx, "start a container of "+c.spec.Image, err)
}
