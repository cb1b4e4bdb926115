// Package gatewayrun runs containers on a BuildKit daemon that does not know what
// a container is: each is a build of its own whose gateway holds one container
// open. It ends with the connection, so nothing of a run that was killed stays on
// the worker but volumes, which Sweep finds.
//
// What BuildKit cannot ask of its runtime (no-new-privileges, capabilities, files,
// names) is done from within by the program of package enter, with which every
// container begins. What cannot be done at all is refused by name.
package gatewayrun

import (
	"context"
	"sync"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/session"

	"github.com/retort-ci/retort/pkg/engine"
)

// Options say where containers run, and of what.
type Options struct {
	// Connect gives the client of the daemon; it stays the caller's.
	Connect func(ctx context.Context) (*client.Client, error)
	// Image finds an image by its ID or reference. engine.ErrImageNotFound wrapped
	// where there is none.
	Image func(ctx context.Context, ref string) (Image, error)
}

// Image is one that a container can be made of.
type Image struct {
	Config []byte    // OCI image config (image-spec, config.md) as JSON
	State  llb.State // its file system, as the daemon gets at it
	// What the daemon needs from here while it does.
	OCIStores map[string]content.Store
	Session   []session.Attachable
}

// Runtime runs containers.
type Runtime struct {
	opts Options

	mu         sync.Mutex
	names      map[string]bool // of containers
	containers map[*container]bool
	networks   map[string]*network
	volumes    map[string]*volume
}

var (
	_ engine.Runner    = (*Runtime)(nil)
	_ engine.Creator   = (*Runtime)(nil)
	_ engine.Networker = (*Runtime)(nil)
	_ engine.Volumer   = (*Runtime)(nil)
	_ engine.Planner   = (*Runtime)(nil)
	_ engine.Sweeper   = (*Runtime)(nil)
)

// New gives a runtime that has not connected yet.
func New(opts Options) *Runtime {
	return &Runtime{
		opts: opts, names: map[string]bool{}, containers: map[*container]bool{},
		networks: map[string]*network{}, volumes: map[string]*volume{},
	}
}
