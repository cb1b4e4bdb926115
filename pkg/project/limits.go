package project

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/retort-ci/retort/pkg/internal/nearest"
)

// limits takes over what a container may use.
func (m *model) limits(out *Run, s types.ServiceConfig) {
	// From where Compose had them first, or from the deploy section; compose-go
	// has seen to it that they do not contradict.
	memory, cpus, pids := s.MemLimit, s.CPUS, s.PidsLimit
	if s.Deploy != nil && s.Deploy.Resources.Limits != nil {
		limits := s.Deploy.Resources.Limits
		memory = cmp.Or(memory, limits.MemoryBytes)
		cpus = cmp.Or(cpus, limits.NanoCPUs.Value())
		pids = cmp.Or(pids, limits.Pids)
	}
	// Compose writes "no limit" as -1, and CPUs as a float32: in millionths,
	// rounded, 0.1 is what it was in the file.
	out.Memory = max(int64(memory), 0)
	out.NanoCPUs = max(int64(math.Round(float64(cpus)*1e6))*1e3, 0)
	out.Pids = max(pids, 0)
	out.ShmSize = m.size(s.ShmSize, "services", s.Name, "shm_size")
	for _, name := range slices.Sorted(maps.Keys(s.Ulimits)) {
		out.Ulimits = append(out.Ulimits, m.ulimit(name, s.Ulimits[name], "services", s.Name, "ulimits", name))
	}
}

// size is a number of bytes, which unlike a limit cannot be "none".
func (m *model) size(bytes types.UnitBytes, path ...string) int64 {
	if bytes < 0 {
		m.report.add(m.report.places.value(path...), "%s: must not be less than zero", strings.Join(path, "."))
	}
	return int64(bytes)
}

func (m *model) ulimit(name string, u *types.UlimitsConfig, path ...string) Ulimit {
	if known := ulimitNames(); !slices.Contains(known, name) {
		m.report.hint("ulimits are "+strings.Join(known, ", "), m.report.places.key(path...),
			"%s: unknown ulimit%s", strings.Join(path, "."), nearest.Ask(name, known))
	}
	out := Ulimit{Name: name}
	switch {
	case u == nil:
	case u.Single != 0:
		out.Soft, out.Hard = int64(u.Single), int64(u.Single)
	default:
		out.Soft, out.Hard = int64(u.Soft), int64(u.Hard)
	}
	// As unsigned numbers, -1 is more than all others.
	switch {
	case out.Soft < -1 || out.Hard < -1:
		m.report.add(m.report.places.value(path...), "%s: must be -1, for no limit, or more", strings.Join(path, "."))
	case uint64(out.Soft) > uint64(out.Hard):
		m.report.add(m.report.places.value(path...), "%s: the soft limit is above the hard one", strings.Join(path, "."))
	}
	return out
}

// ulimitNames are those that Linux has (setrlimit(2)), as Docker calls them.
func ulimitNames() []string {
	return []string{
		"core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice",
		"nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
	}
}
