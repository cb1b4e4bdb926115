package gatewayrun

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/many"
)

// network is who knows whom: the worker's containers are on one bridge, and find
// each other by the names that they are told, whoever of them began first.
type network struct {
	runtime *Runtime
	id      string
	labels  map[string]string

	mu      sync.Mutex
	members map[*container]member
}

// member is a container's place on a network.
type member struct {
	address string
	aliases []string
}

var _ engine.Network = (*network)(nil)

// CreateNetwork makes a network where the worker gives containers addresses of
// their own. Nothing is made on the worker.
func (r *Runtime) CreateNetwork(ctx context.Context, spec engine.NetworkSpec) (engine.Network, error) {
	if spec.Internal {
		return nil, refuse("use --engine docker", "a network without a way out")
	}
	conn, err := r.opts.Connect(ctx)
	if err != nil {
		return nil, err
	}
	own, err := hasPrivate(ctx, conn)
	if err != nil {
		return nil, err
	}
	if !own {
		return nil, noNetwork()
	}
	n := &network{runtime: r, id: "network-" + rand.Text(), labels: spec.Labels, members: map[*container]member{}}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.networks[n.id] = n
	return n, nil
}

// ID is a name that containers' specs give.
func (n *network) ID() string { return n.id }

// Remove forgets the network.
func (n *network) Remove(context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.members) > 0 {
		return fmt.Errorf("network %s has %d containers", n.id, len(n.members))
	}
	n.runtime.mu.Lock()
	defer n.runtime.mu.Unlock()
	delete(n.runtime.networks, n.id)
	return nil
}

// network is the one of the spec, nil for none.
func (r *Runtime) network(spec engine.ContainerSpec) (*network, error) {
	switch spec.Network {
	case "", "none", "host":
		return nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n, ok := r.networks[spec.Network]; ok {
		return n, nil
	}
	return nil, fmt.Errorf("buildkit: there is no network %s", spec.Network)
}

// line is what a hosts file says of the member, "" for nothing.
func (m member) line() string {
	if len(m.aliases) == 0 {
		return ""
	}
	return m.address + "\t" + strings.Join(m.aliases, " ")
}

// lines are what a container that is about to begin is told of the members.
func (n *network) lines(c *container) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []string
	for other, m := range n.members {
		c.told[other] = true
		if line := m.line(); line != "" {
			all = append(all, line)
		}
	}
	slices.Sort(all)
	return all
}

// join gives a container its names on the network. Who is there already is told
// them, and the container is told of those who came since it got its lines.
func (n *network) join(ctx context.Context, c *container, address string, aliases []string) error {
	n.mu.Lock()
	own := member{address: address, aliases: aliases}
	news := map[*container][]string{}
	for other, m := range n.members {
		if line := own.line(); line != "" {
			news[other] = []string{line}
		}
		if line := m.line(); line != "" && !c.told[other] {
			news[c] = append(news[c], line)
		}
	}
	n.members[c] = own
	n.mu.Unlock()

	var all multierror.Group
	for of, lines := range news {
		all.Go(func() error { return of.tell(ctx, lines) })
	}
	return many.Errors(all.Wait())
}

// tell adds lines to the container's hosts file. One that has ended, or is about
// to, needs none.
func (c *container) tell(ctx context.Context, lines []string) error {
	select {
	case <-c.ended:
		return nil
	default:
	}
	_, err := c.exec(ctx, "hosts", lines, io.Discard, io.Discard)
	if err == nil || ctx.Err() != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, cleanupLimit)
	defer cancel()
	select {
	case <-c.ended:
		return nil
	case <-c.release:
		return nil
	case <-limited.Done():
		return fmt.Errorf("buildkit: tell a container of %s who is on its network: %w", c.spec.Image, err)
	}
}

func (n *network) leave(c *container) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.members, c)
}
