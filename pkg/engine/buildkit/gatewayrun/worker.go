package gatewayrun

import (
	"context"
	"fmt"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// labelNetwork is the worker's label that says which network RUN gets
// (BuildKit, worker/label).
const labelNetwork = "org.mobyproject.buildkit.worker.network"

// private is the label's value where every container has an address of its own;
// BuildKit says "cni" of its bridge network too.
const private = "cni"

// Entitlements that a daemon may or may not grant (BuildKit, util/entitlements).
const (
	grantHost     = "network.host"
	grantInsecure = "security.insecure"
)

// networkHint is the way out where containers have no network of their own.
const networkHint = "start buildkitd with --oci-worker-net=bridge, which takes the CNI plugins bridge, host-local, loopback and firewall; " +
	"or use --engine docker, or --engine embedded"

// hasPrivate says whether containers get addresses of their own.
func hasPrivate(ctx context.Context, conn *client.Client) (bool, error) {
	workers, err := conn.ListWorkers(ctx)
	if err != nil {
		return false, explain(ctx, "ask for workers", err)
	}
	return len(workers) > 0 && workers[0].Labels[labelNetwork] == private, nil // the first one is the default
}

// granted asks whether the daemon grants something, by a build of nothing.
func granted(ctx context.Context, conn *client.Client, what string) error {
	_, err := conn.Build(quiet(ctx), client.SolveOpt{Internal: true, AllowedEntitlements: []string{what}}, "retort",
		func(context.Context, gateway.Client) (*gateway.Result, error) { return gateway.NewResult(), nil }, nil)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil || grpcerrors.Code(err) == codes.Unavailable {
		return explain(ctx, "ask for "+what, err)
	}
	return fault.Wrap(fault.Usage, fmt.Errorf("the BuildKit daemon does not grant %s: %w: %w", what, engine.ErrUnsupported, err),
		"start buildkitd with --allow-insecure-entitlement "+what+", or use --engine docker")
}
