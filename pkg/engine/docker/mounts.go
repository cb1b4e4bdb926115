package docker

import (
	"github.com/docker/docker/api/types/mount"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/placing"
)

// mounts are the spec's own, and what a read-only container needs for its files.
// Unlike a bind written as "host:path", one of these is refused when the host
// has no such path, rather than making an empty directory there.
func mounts(s engine.ContainerSpec) []mount.Mount {
	var all []mount.Mount
	for _, m := range s.Mounts {
		if m.Host != "" {
			all = append(all, mount.Mount{Type: mount.TypeBind, Source: m.Host, Target: m.Path, ReadOnly: m.ReadOnly})
			continue
		}
		v := volumeMount(s, m.Volume, m.Path)
		v.ReadOnly = m.ReadOnly
		all = append(all, v)
	}
	for _, dir := range placing.OwnVolumes(s) {
		all = append(all, volumeMount(s, "", dir))
	}
	return all
}

// volumeMount labels the volume for the case that the daemon makes it: one
// without a name always, and a named one that it does not have.
func volumeMount(s engine.ContainerSpec, name, path string) mount.Mount {
	return mount.Mount{
		Type: mount.TypeVolume, Source: name, Target: path,
		VolumeOptions: &mount.VolumeOptions{Labels: s.Labels},
	}
}
