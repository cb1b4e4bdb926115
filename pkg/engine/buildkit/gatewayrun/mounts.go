package gatewayrun

import (
	"context"
	"path"

	"github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/gatewayrun/enter"
	"github.com/retort-ci/retort/pkg/internal/placing"
)

// programPath is where the entering program is in a container: in a file system
// of the runtime's own, so that the image's has no trace of it.
const programPath = "/dev/.retort-enter"

const loopback = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"

// tools gives the file system with the entering program, and with the hosts file
// of which each container gets a copy of its own.
func tools(ctx context.Context, c gateway.Client, arch string) (gateway.Reference, error) {
	program, err := enter.Program(arch)
	if err != nil {
		return nil, err
	}
	return solve(ctx, c, llb.Scratch().
		File(llb.Mkfile("/enter", 0o755, program), llb.WithCustomName("[retort] enter")).
		File(llb.Mkfile("/hosts", 0o644, []byte(loopback)), llb.WithCustomName("[retort] hosts")))
}

func solve(ctx context.Context, c gateway.Client, state llb.State) (gateway.Reference, error) {
	def, err := state.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	res, err := c.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
	if err != nil {
		return nil, err
	}
	return res.SingleRef()
}

// mounts are the container's, its root first. A reference that is nil is an empty
// file system.
func mounts(spec engine.ContainerSpec, root, tools gateway.Reference, cacheID func(name string) string) []gateway.Mount {
	all := []gateway.Mount{
		{Dest: "/", Ref: root, MountType: pb.MountType_BIND},
		{Dest: programPath, Ref: tools, Selector: "/enter", Readonly: true, MountType: pb.MountType_BIND},
		{Dest: "/etc/hosts", Ref: tools, Selector: "/hosts", MountType: pb.MountType_BIND},
	}
	for at := range placing.Tmpfs(spec.Tmpfs) {
		all = append(all, gateway.Mount{Dest: path.Clean(at), MountType: pb.MountType_TMPFS})
	}
	if spec.ShmSize > 0 {
		all = append(all, gateway.Mount{Dest: "/dev/shm", MountType: pb.MountType_TMPFS})
	}
	for _, m := range spec.Mounts {
		all = append(all, gateway.Mount{
			Dest: path.Clean(m.Path), Readonly: m.ReadOnly, MountType: pb.MountType_CACHE,
			CacheOpt: &pb.CacheOpt{ID: cacheID(m.Volume), Sharing: pb.CacheSharingOpt_SHARED},
		})
	}
	return all
}
