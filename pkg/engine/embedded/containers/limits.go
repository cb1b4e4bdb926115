//go:build linux

package containers

import (
	"context"
	"fmt"
	"math"
	"strings"

	cdcontainers "github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/pkg/oci"
	"github.com/docker/go-units"
	"github.com/moby/sys/signal"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

const (
	cpuPeriod  = 100_000 // microseconds, the kernel's default
	nanosOfCPU = 1_000_000_000
)

// withLimits bounds what the container takes. A limit that control groups cannot
// keep here is left out, with a warning that names it.
func (c *container) withLimits(ctx context.Context, client oci.Client, cc *cdcontainers.Container, s *oci.Spec) error {
	var opts []oci.SpecOpts
	for _, u := range c.spec.Ulimits {
		opts = append(opts, oci.WithRlimit(rlimit(u)))
	}
	groups := c.runtime.cgroups
	opts = append(opts, oci.WithCgroup(groups.path(c.id)))
	for _, l := range []struct {
		wanted     bool
		what       string
		controller string
		set        oci.SpecOpts
	}{
		{c.spec.Memory > 0, "memory limits", "memory", groups.withMemory(c.spec.Memory)},
		{c.spec.NanoCPUs > 0, "CPU limits", "cpu", oci.WithCPUCFS(quota(c.spec.NanoCPUs), cpuPeriod)},
		{c.spec.Pids > 0, "limits of the number of processes", "pids", oci.WithPidsLimit(c.spec.Pids)},
	} {
		switch {
		case !l.wanted:
		case !groups.has(l.controller):
			c.runtime.warn(l.what + " are not kept: the embedded engine can write no control group for them on this machine")
		default:
			opts = append(opts, l.set)
		}
	}
	return oci.Compose(opts...)(ctx, client, cc, s)
}

func quota(nanos int64) int64 { return max(nanos*cpuPeriod/nanosOfCPU, 1000) } // the kernel takes no less

// rlimit is the ulimit in runc's words; -1 is no limit.
func rlimit(u engine.Ulimit) *specs.POSIXRlimit {
	value := func(v int64) uint64 {
		if v < 0 {
			return math.MaxUint64
		}
		return uint64(v)
	}
	return &specs.POSIXRlimit{Type: "RLIMIT_" + strings.ToUpper(u.Name), Soft: value(u.Soft), Hard: value(u.Hard)}
}

func checkUlimits(s engine.ContainerSpec) error {
	for _, u := range s.Ulimits {
		if _, err := (&units.Ulimit{Name: u.Name, Soft: u.Soft, Hard: u.Hard}).GetRlimit(); err != nil {
			return fault.Wrap(fault.Usage, fmt.Errorf("ulimit %s: %w", u.Name, err), "see getrlimit(2) for those there are")
		}
	}
	return nil
}

func checkStopSignal(s engine.ContainerSpec) error {
	if s.StopSignal == "" {
		return nil
	}
	if _, err := signal.ParseSignal(s.StopSignal); err != nil {
		return fault.Wrap(fault.Usage, fmt.Errorf("stop signal: %w", err), "write it as SIGTERM or as a number")
	}
	return nil
}
