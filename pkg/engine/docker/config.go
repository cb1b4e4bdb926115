package docker

import (
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"

	"github.com/retort-ci/retort/pkg/engine"
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
		Tmpfs:          tmpfs(s.Tmpfs),
		// A container that prints without end must not fill the daemon's disk.
		LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "16m", "max-file": "1"}},
		Resources: container.Resources{Memory: s.Memory, NanoCPUs: s.NanoCPUs},
	}
	if s.Init {
		h.Init = &s.Init
	}
	if s.Pids > 0 {
		h.PidsLimit = &s.Pids
	}
	if !s.Privileged {
		h.SecurityOpt = []string{"no-new-privileges"}
	}
	if s.Memory > 0 {
		h.MemorySwap = s.Memory // no swap beside the limit: a leak fails soon
	}
	return h
}

// tmpfs splits "path:options" entries.
func tmpfs(entries []string) map[string]string {
	if len(entries) == 0 {
		return nil
	}
	m := make(map[string]string, len(entries))
	for _, e := range entries {
		path, options, _ := strings.Cut(e, ":")
		m[path] = options
	}
	return m
}

func endpoints(s engine.ContainerSpec) *network.NetworkingConfig {
	if s.Network == "" || len(s.Aliases) == 0 {
		return nil
	}
	return &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		s.Network: {Aliases: s.Aliases},
	}}
}
