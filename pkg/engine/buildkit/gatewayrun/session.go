package gatewayrun

import (
	"context"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	sessioncontent "github.com/moby/buildkit/session/content"
	"github.com/moby/buildkit/session/grpchijack"
	"github.com/moby/buildkit/solver/pb"
)

// open begins the build in which the container lives. The session of the build is
// ours, since BuildKit's client tells nobody that its connection was lost: whoever
// waited for a process would wait for ever.
func (c *container) open(conn *client.Client, img Image) error {
	s, err := img.session(c.live)
	if err != nil {
		return err
	}
	go func() {
		err := s.Run(c.live, grpchijack.Dialer(conn.ControlClient()))
		c.cancel(lostConnection(err))
	}()
	opt := client.SolveOpt{
		Internal:      true, // it is no entry of the daemon's history
		SharedSession: s, SessionPreInitialized: true,
		AllowedEntitlements: entitlements(c.spec, c.netMode == pb.NetMode_HOST),
	}
	go func() {
		defer close(c.released)
		_, err := conn.Build(c.live, opt, "retort", func(ctx context.Context, gw gateway.Client) (*gateway.Result, error) {
			err := c.hold(ctx, gw, img)
			c.lost(err)
			return gateway.NewResult(), err
		}, nil)
		if c.live.Err() != nil {
			err = context.Cause(c.live)
		}
		c.lost(err)
		c.cancel(errReleased)
		_ = s.Close()
	}()
	return nil
}

// session serves what the daemon needs of the image.
func (img Image) session(ctx context.Context) (*session.Session, error) {
	s, err := session.NewSession(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, a := range img.Session {
		s.Allow(a)
	}
	if len(img.OCIStores) > 0 {
		stores := map[string]content.Store{}
		for key, store := range img.OCIStores {
			stores["oci:"+key] = store // as BuildKit's client names them
		}
		s.Allow(sessioncontent.NewAttachable(stores))
	}
	return s, nil
}

func lostConnection(err error) error {
	return away("the connection of a container was lost", err)
}
