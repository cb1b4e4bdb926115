package retort

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/step/test"
)

// containerSpec is how a container of the service runs. Volumes have the names
// that the suite has for them.
func (p *Pipeline) containerSpec(s project.Service, image string, allowBind bool) (engine.ContainerSpec, error) {
	r := s.Run
	spec := engine.ContainerSpec{
		Image: image, Entrypoint: r.Entrypoint, Cmd: r.Command, Env: slices.Clone(r.Env), User: r.User,
		WorkingDir: r.WorkingDir, Hostname: r.Hostname, Tmpfs: r.Tmpfs, ExtraHosts: r.ExtraHosts,
		CapAdd: r.CapAdd, CapDrop: r.CapDrop, Privileged: r.Privileged, ReadOnly: r.ReadOnly,
		Init: r.Init, StopSignal: r.StopSignal, Network: r.NetworkMode, Aliases: slices.Clone(r.Aliases),
		Memory: r.Memory, NanoCPUs: r.NanoCPUs, Pids: r.Pids, ShmSize: r.ShmSize, SecurityOpt: r.SecurityOpt,
	}
	for _, u := range r.Ulimits {
		spec.Ulimits = append(spec.Ulimits, engine.Ulimit(u))
	}
	for i, v := range r.Volumes {
		spec.Mounts = append(spec.Mounts, engine.Mount{Volume: volumeName(s, i), Path: v.Path, ReadOnly: v.ReadOnly})
	}
	for _, b := range r.Binds {
		if !allowBind {
			return spec, bindRefused(s.Name, b)
		}
		spec.Mounts = append(spec.Mounts, engine.Mount{Host: b.Source, Path: b.Path, ReadOnly: b.ReadOnly})
	}
	for _, f := range r.Files {
		content, err := p.content(f)
		if err != nil {
			return spec, fmt.Errorf("service %s: %w", s.Name, err)
		}
		spec.Files = append(spec.Files, engine.File{Path: f.Path, Content: content, Mode: os.FileMode(f.Mode), UID: f.UID, GID: f.GID})
	}
	return spec, nil
}

// bindRefused is for a path that is there on a laptop and, where the agent is a
// container, on no machine that the engine knows.
func bindRefused(service string, b project.Bind) error {
	return fault.New(fault.Usage,
		"hand files over with `configs: { …: { file: … } }`, which retort copies in, or COPY them in the Dockerfile; --allow-bind where the engine is on this machine",
		"%s: service %s mounts %s of the host at %s", b.At, service, b.Source, b.Path)
}

// volumeName is what the suite calls the service's volume: its name in the
// file, or one that no other service has.
func volumeName(s project.Service, i int) string {
	if name := s.Run.Volumes[i].Name; name != "" {
		return name
	}
	return s.Name + "." + strconv.Itoa(i)
}

// volumes are the names of all that the services mount, sorted.
func volumes(services ...project.Service) []string {
	var names []string
	for _, s := range services {
		for i := range s.Run.Volumes {
			names = append(names, volumeName(s, i))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func dependencies(s project.Service) []test.Dependency {
	conditions := map[project.Condition]test.Condition{
		project.Started: test.Started, project.Healthy: test.Healthy, project.Completed: test.Completed,
	}
	deps := make([]test.Dependency, len(s.DependsOn))
	for i, d := range s.DependsOn {
		deps[i] = test.Dependency{Service: d.Service, Condition: conditions[d.Condition], Optional: !d.Required}
	}
	return deps
}

// health lays the compose file's health check over the image's own. Docker's
// forms of a test become the command that is executed.
//
// A service without any is ready when it listens on the ports that it declares.
func health(h *project.Healthcheck, ports []string, info engine.ImageInfo) *test.Health {
	probe := info.Healthcheck
	r := info.Rhythm
	out := &test.Health{Ports: ports, Interval: r.Interval, Timeout: r.Timeout, StartPeriod: r.StartPeriod, Retries: r.Retries}
	if len(ports) == 0 {
		out.Ports = info.Ports
	}
	if h != nil {
		if h.Disabled {
			return out
		}
		if len(h.Test) > 0 {
			probe = h.Test
		}
		out.Interval, out.Timeout = cmp.Or(h.Interval, r.Interval), cmp.Or(h.Timeout, r.Timeout)
		out.StartPeriod, out.Retries = cmp.Or(h.StartPeriod, r.StartPeriod), cmp.Or(h.Retries, r.Retries)
	}
	if len(probe) < 2 {
		return out
	}
	switch probe[0] {
	case "CMD":
		out.Probe = probe[1:]
	case "CMD-SHELL":
		out.Probe = []string{"/bin/sh", "-c", probe[1]}
	}
	return out
}
