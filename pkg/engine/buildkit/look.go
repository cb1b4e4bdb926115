package buildkit

import (
	"context"
	"errors"
	"fmt"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/grpcerrors"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc/codes"

	"github.com/retort-ci/retort/pkg/engine"
)

// Local is an image of the engine's own store.
type Local struct {
	ID       string // digest of its config
	Name     string // a reference that names it: BuildKit asks the store by name
	Platform string
}

// errOther is why what was seen of an image does not count.
var errOther = errors.New("its name means another image now")

// LookAt opens the image for a function where the daemon has unpacked it. What
// the function saw counts only when the name means the same image before and
// after. engine.ErrUnsupported says that it does not, or that this daemon does
// not give files out.
func (c *Client) LookAt(ctx context.Context, img Local, look func(context.Context, engine.Unpacked) error) error {
	ctx = quiet(ctx)
	conn, err := c.connect(ctx)
	if err != nil {
		return lost(err)
	}
	platform, err := platforms.Parse(img.Platform)
	if err != nil {
		return fmt.Errorf("look at %s: %w: %w", img.Name, engine.ErrUnsupported, err)
	}
	made := watchResidue(ctx, conn)
	defer made.tidy(ctx)
	return lookBy(ctx, conn, img.Name, client.SolveOpt{}, func(ctx context.Context, c gateway.Client) (*unpacked, error) {
		return img.open(ctx, c, platform, made)
	}, func(ctx context.Context, c gateway.Client) error {
		_, err := img.config(ctx, c, platform)
		return err
	}, look)
}

// LookInto opens an image of the Store for a function: the daemon unpacks it, and
// is sent what it has not of it. config is the image's, as JSON.
func (c *Client) LookInto(ctx context.Context, image digest.Digest, config []byte, look func(context.Context, engine.Unpacked) error) error {
	ctx = quiet(ctx)
	conn, err := c.connect(ctx)
	if err != nil {
		return lost(err)
	}
	opt := client.SolveOpt{OCIStores: LayoutStores(c.opts.Store)}
	return lookBy(ctx, conn, image.String(), opt, func(ctx context.Context, c gateway.Client) (*unpacked, error) {
		return openState(ctx, c, LayoutState(image), config)
	}, func(context.Context, gateway.Client) error { return nil }, look)
}

// lookBy looks at the image that open gives, and asks check whether that counts.
func lookBy(ctx context.Context, conn *client.Client, name string, opt client.SolveOpt,
	open func(context.Context, gateway.Client) (*unpacked, error), check func(context.Context, gateway.Client) error,
	look func(context.Context, engine.Unpacked) error,
) error {
	// The function's own error comes back as it is: one that has passed through
	// the daemon has lost its type.
	var seen error
	_, err := conn.Build(ctx, opt, "retort", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		opened, err := open(ctx, c)
		if err != nil {
			return nil, err
		}
		if seen = look(ctx, opened); seen != nil {
			return nil, seen
		}
		return gateway.NewResult(), check(ctx, c)
	}, nil)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case seen != nil:
		return seen
	case grpcerrors.Code(err) == codes.Unavailable:
		return lost(err)
	}
	return fmt.Errorf("look at %s: %w: %w", name, engine.ErrUnsupported, err)
}

// open gives the image as the daemon's own snapshot of it.
func (img Local) open(ctx context.Context, c gateway.Client, platform ocispecs.Platform, made *residue) (*unpacked, error) {
	config, err := img.config(ctx, c, platform)
	if err != nil {
		return nil, err
	}
	return made.around(ctx, func() (*unpacked, error) {
		return openState(ctx, c, llb.Image(img.Name, llb.Platform(platform), llb.ResolveModePreferLocal), config)
	})
}

// openState lets the daemon unpack the state.
func openState(ctx context.Context, c gateway.Client, state llb.State, config []byte) (*unpacked, error) {
	def, err := state.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	res, err := c.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
	if err != nil {
		return nil, err
	}
	ref, err := res.SingleRef()
	return &unpacked{config: config, ref: ref}, err
}

// config is what the name means now, if that is the image.
func (img Local) config(ctx context.Context, c gateway.Client, platform ocispecs.Platform) ([]byte, error) {
	_, _, config, err := c.ResolveImageConfig(ctx, img.Name, sourceresolver.Opt{ImageOpt: &sourceresolver.ResolveImageOpt{
		Platform: &platform, ResolveMode: llb.ResolveModePreferLocal.String(),
	}})
	if err == nil && digest.FromBytes(config).String() != img.ID {
		err = errOther
	}
	return config, err
}
