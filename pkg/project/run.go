package project

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// run takes over what a service says about its containers.
func (m *model) run(s types.ServiceConfig) Run {
	out := Run{
		Entrypoint: s.Entrypoint,
		Command:    s.Command,
		Env:        environ(s.Environment),
		User:       s.User,
		WorkingDir: s.WorkingDir,
		Hostname:   s.Hostname,
		Tmpfs:      slices.Clone([]string(s.Tmpfs)),
		ExtraHosts: hosts(s.ExtraHosts),
		CapAdd:     s.CapAdd,
		CapDrop:    s.CapDrop,
		Privileged: s.Privileged,
		ReadOnly:   s.ReadOnly,
		Init:       s.Init != nil && *s.Init,
		StopSignal: s.StopSignal,

		SecurityOpt: securityOpt(s.SecurityOpt),
		NetworkMode: networkMode(s.NetworkMode),
		Ports:       m.ports(s),
		Files:       m.files(s),
		Health:      health(s.HealthCheck),
	}
	if network := s.Networks["default"]; network != nil {
		out.Aliases = network.Aliases
		if s.ContainerName != "" { // the run's containers have names of their own, and are found by this one too
			out.Aliases = append(slices.Clone(out.Aliases), s.ContainerName)
		}
	}
	m.limits(&out, s)
	m.mounts(&out, s)
	return out
}

// environ gives NAME=value pairs, sorted. A name without a value is one that
// is not set where it was to be taken from, and is left out as Compose does.
func environ(all types.MappingWithEquals) []string {
	var env []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if value := all[name]; value != nil {
			env = append(env, name+"="+*value)
		}
	}
	return env
}

// hosts gives host:ip pairs, sorted.
func hosts(all types.HostsList) []string {
	list := all.AsList(":")
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	return list
}

// ports are those that the container listens on, in numerical order.
func (m *model) ports(s types.ServiceConfig) []string {
	all := slices.Clone(s.Ports)
	for i, text := range s.Expose {
		exposed, err := types.ParsePortConfig(text)
		if err != nil {
			m.report.add(m.report.places.item(i, "services", s.Name, "expose"), "services.%s.expose: %v", s.Name, err)
		}
		all = append(all, exposed...)
	}
	var ports []string
	slices.SortFunc(all, func(a, b types.ServicePortConfig) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), strings.Compare(a.Protocol, b.Protocol))
	})
	for _, port := range all {
		ports = append(ports, strconv.Itoa(int(port.Target))+"/"+cmp.Or(port.Protocol, "tcp"))
	}
	return slices.Compact(ports)
}

// health is nil when the service says nothing about it.
func health(h *types.HealthCheckConfig) *Healthcheck {
	if h == nil {
		return nil
	}
	if h.Disable || len(h.Test) > 0 && h.Test[0] == "NONE" {
		return &Healthcheck{Disabled: true}
	}
	out := &Healthcheck{
		Test:        h.Test,
		Interval:    duration(h.Interval),
		Timeout:     duration(h.Timeout),
		StartPeriod: duration(h.StartPeriod),
	}
	if h.Retries != nil {
		out.Retries = int(min(*h.Retries, math.MaxInt32))
	}
	return out
}

func duration(d *types.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return time.Duration(*d)
}
