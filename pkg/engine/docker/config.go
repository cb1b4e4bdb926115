package docker

import (
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/placing"
)

func containerConfig(s engine.ContainerSpec) *container.Config {
	return &container.Config{
		Image: s.Image, Entrypoint: s.Entrypoint, Cmd: s.Cmd, Env: s.Env, User: s.User,
		WorkingDir: s.WorkingDir, Hostname: s.Hostname, Labels: s.Labels, StopSignal: s.StopSignal,
		AttachStdout: s.Stdout != nil, AttachStderr: s.Stderr != nil,
		// Health is asked by retort itself, at its own pace; the daemon's probes
		// would only run beside it.
		Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
	}
}

func hostConfig(s engine.ContainerSpec) *container.HostConfig {
	h := &container.HostConfig{
		NetworkMode: container.NetworkMode(s.Network),
		ExtraHosts:  s.ExtraHosts,
		CapAdd:      s.CapAdd, CapDrop: s.CapDrop, Privileged: s.Privileged,
		ReadonlyRootfs: s.ReadOnly,
		SecurityOpt:    securityOpt(s),
		ShmSize:        s.ShmSize,
		Tmpfs:          placing.Tmpfs(s.Tmpfs),
		Mounts:         mounts(s),
		// A container that prints without end must not fill the daemon's disk.
		LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "16m", "max-file": "1"}},
		Resources: container.Resources{Memory: s.Memory, NanoCPUs: s.NanoCPUs, Ulimits: ulimits(s.Ulimits)},
	}
	if s.Init {
		h.Init = &s.Init
	}
	if s.Pids > 0 {
		h.PidsLimit = &s.Pids
	}
	if s.Memory > 0 {
		h.MemorySwap = s.Memory // no swap beside the limit: a leak fails soon
	}
	return h
}

// securityOpt keeps the container from gaining rights by a setuid program where
// the spec does not speak of that. A privileged one has all rights anyway.
func securityOpt(s engine.ContainerSpec) []string {
	const kept = "no-new-privileges" // alone, or with ":false" to turn it off
	spoken := slices.ContainsFunc(s.SecurityOpt, func(o string) bool { return strings.HasPrefix(o, kept) })
	if s.Privileged || spoken {
		return s.SecurityOpt
	}
	return append(slices.Clip(s.SecurityOpt), kept)
}

func ulimits(limits []engine.Ulimit) []*container.Ulimit {
	var all []*container.Ulimit
	for _, l := range limits {
		all = append(all, &container.Ulimit{Name: l.Name, Soft: l.Soft, Hard: l.Hard})
	}
	return all
}

// endpoints names the container on a network of retort's. The daemon refuses
// aliases on its own ones, where nobody would look them up.
func endpoints(s engine.ContainerSpec) *network.NetworkingConfig {
	switch {
	case len(s.Aliases) == 0, s.Network == "", s.Network == network.NetworkNone, s.Network == network.NetworkHost:
		return nil
	}
	return &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		s.Network: {Aliases: s.Aliases},
	}}
}
