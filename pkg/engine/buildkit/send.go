package buildkit

import (
	"context"
	"fmt"
	"maps"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/grpcerrors"
	digest "github.com/opencontainers/go-digest"
	"google.golang.org/grpc/codes"

	"github.com/retort-ci/retort/pkg/engine"
)

// Send has the daemon push an image of the Store to the repository, by its image
// exporter and without a tag: it is sent what it has not of the image. config is the
// image's, as JSON. The registry has then what the exporter made of both, whose digest
// is given.
func (c *Client) Send(ctx context.Context, image digest.Digest, config []byte, repository string) (digest.Digest, error) {
	ctx = quiet(ctx)
	conn, err := c.connect(ctx)
	if err != nil {
		return "", lost(err)
	}
	// Of the registry's credentials it is told as during a build.
	attachables, err := c.attachables(engine.BuildSpec{})
	if err != nil {
		return "", err
	}
	export := client.ExportEntry{Type: client.ExporterImage, Attrs: map[string]string{
		"name": repository, "push": "true", "push-by-digest": "true",
	}}
	maps.Copy(export.Attrs, c.opts.ExportAttrs)
	response, err := conn.Build(ctx, client.SolveOpt{Session: attachables, Exports: []client.ExportEntry{export}}, "retort",
		func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
			opened, err := openState(ctx, c, LayoutState(image), config)
			if err != nil {
				return nil, err
			}
			res := gateway.NewResult()
			res.SetRef(opened.ref)
			res.AddMeta(exptypes.ExporterImageConfigKey, config)
			return res, nil
		}, nil)
	switch {
	case err == nil:
		return digest.Digest(response.ExporterResponse[exptypes.ExporterImageDigestKey]), nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case grpcerrors.Code(err) == codes.Unavailable:
		return "", lost(err)
	}
	return "", fmt.Errorf("push to %s: %w", repository, err)
}
