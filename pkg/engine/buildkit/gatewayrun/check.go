package gatewayrun

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/client"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/placing"
)

const otherEngine = "use --engine docker for this suite, or take the option out"

// PlanContainers refuses what containers of the specs cannot have here, and names
// what they run without: limits, options of a tmpfs, and a network of their own. To
// run without those gives the same verdict on any worker that has room, while
// other options change what is tested.
func (r *Runtime) PlanContainers(ctx context.Context, specs []engine.ContainerSpec, networks bool) ([]string, error) {
	var without []string
	shared := false // the network of the worker's host is theirs where there is no other
	for _, spec := range specs {
		if err := check(spec); err != nil {
			return nil, err
		}
		without = append(without, unlimited(spec)...)
		shared = shared || spec.Network == ""
	}
	conn, err := r.opts.Connect(ctx)
	if err != nil {
		return nil, err
	}
	own, err := hasPrivate(ctx, conn)
	if err != nil {
		return nil, err
	}
	if networks && !own {
		return nil, noNetwork()
	}
	if shared && !own {
		without = append(without, "a network of their own")
	}
	slices.Sort(without)
	without = slices.Compact(without)
	return without, grants(ctx, conn, specs, own)
}

// grants asks the daemon for what the specs need of it.
func grants(ctx context.Context, conn *client.Client, specs []engine.ContainerSpec, own bool) error {
	var all []string
	for _, spec := range specs {
		all = append(all, entitlements(spec, own)...)
	}
	slices.Sort(all)
	for _, what := range slices.Compact(all) {
		if err := granted(ctx, conn, what); err != nil {
			return err
		}
	}
	return nil
}

// entitlements are what the daemon must grant for a container.
func entitlements(spec engine.ContainerSpec, own bool) []string {
	var all []string
	if spec.Network == "host" && own {
		all = append(all, grantHost)
	}
	if spec.Privileged {
		all = append(all, grantInsecure)
	}
	return all
}

func noNetwork() error { return refuse(networkHint, "services on a private network") }

// check refuses what can be told from the spec alone.
func check(spec engine.ContainerSpec) error {
	if err := placing.CheckMounts(spec); err != nil {
		return err
	}
	if err := placing.CheckFiles(spec); err != nil {
		return err
	}
	for _, m := range spec.Mounts {
		if m.Host != "" {
			return refuse("copy it into the image, or use a config or a secret; or use --engine docker",
				"mounting %s of the host at %s", m.Host, m.Path)
		}
	}
	if spec.ReadOnly {
		return refuse(otherEngine, "a read-only root file system")
	}
	for _, h := range spec.ExtraHosts {
		if _, err := hostLine(h); err != nil {
			return err
		}
	}
	if _, err := rights(spec); err != nil {
		return err
	}
	if _, err := noNewPrivileges(spec.SecurityOpt); err != nil {
		return err
	}
	_, err := limits(spec.Ulimits)
	return err
}

// unlimited names what a gateway container is not kept to.
func unlimited(spec engine.ContainerSpec) []string {
	var all []string
	for name, set := range map[string]bool{
		"memory limit": spec.Memory > 0, "CPU limit": spec.NanoCPUs > 0, "limit of processes": spec.Pids > 0,
		"size of /dev/shm": spec.ShmSize > 0,
		"size of a tmpfs":  slices.ContainsFunc(spec.Tmpfs, func(t string) bool { return strings.Contains(t, "size=") }),
	} {
		if set {
			all = append(all, name)
		}
	}
	for _, options := range placing.Tmpfs(spec.Tmpfs) {
		for option := range strings.SplitSeq(options, ",") {
			name, _, _ := strings.Cut(option, "=")
			if !slices.Contains([]string{"", "size", "rw", "exec", "dev", "nosuid"}, name) { // the last four it has
				all = append(all, "tmpfs option "+name)
			}
		}
	}
	return all
}

// noNewPrivileges reads the one security option that is done from within.
func noNewPrivileges(opts []string) (bool, error) {
	set := true
	for _, o := range opts {
		switch strings.Replace(o, "=", ":", 1) {
		case "no-new-privileges", "no-new-privileges:true":
			set = true
		case "no-new-privileges:false":
			set = false
		default:
			return false, refuse(otherEngine, "the security option %s", o)
		}
	}
	return set, nil
}

// resources are numbers of limits by ulimit's names (Linux, asm-generic/resource.h).
func resources() map[string]int {
	return map[string]int{
		"cpu": 0, "fsize": 1, "data": 2, "stack": 3, "core": 4, "rss": 5, "nproc": 6, "nofile": 7, "memlock": 8,
		"as": 9, "locks": 10, "sigpending": 11, "msgqueue": 12, "nice": 13, "rtprio": 14, "rttime": 15,
	}
}

// limits writes ulimits for the entering program; "-" for none.
func limits(all []engine.Ulimit) (string, error) {
	known := resources()
	var words []string
	for _, u := range all {
		number, ok := known[u.Name]
		if !ok {
			return "", refuse("see ulimit(1) for names", "the ulimit %s", u.Name)
		}
		words = append(words, fmt.Sprintf("%d:%d:%d", number, u.Soft, u.Hard))
	}
	if len(words) == 0 {
		return "-", nil
	}
	return strings.Join(words, ","), nil
}
