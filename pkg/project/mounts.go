package project

import (
	"path"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/format"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
)

// mounts takes over a service's volumes. Types that retort does not have are
// left to the warnings.
func (m *model) mounts(out *Run, s types.ServiceConfig) {
	for i, v := range s.Volumes {
		at := m.report.places.mount(i, v.Target, s.Name)
		switch v.Type {
		case types.VolumeTypeVolume:
			out.Volumes = append(out.Volumes, Volume{Name: v.Source, Path: v.Target, ReadOnly: v.ReadOnly})
		case types.VolumeTypeBind:
			out.Binds = append(out.Binds, Bind{Source: v.Source, Path: v.Target, ReadOnly: v.ReadOnly, At: at.String()})
		case types.VolumeTypeTmpfs:
			out.Tmpfs = append(out.Tmpfs, m.tmpfs(i, v, s.Name))
		default:
			continue
		}
		if !path.IsAbs(v.Target) || v.Target == "/" {
			m.report.add(at, "services.%s.volumes.%d: the target %q is not an absolute path below /", s.Name, i, v.Target)
		}
	}
}

// tmpfs writes a mount in the form that the key of this name takes.
func (m *model) tmpfs(i int, v types.ServiceVolumeConfig, service string) string {
	var options []string
	if v.ReadOnly {
		options = append(options, "ro")
	}
	if v.Tmpfs != nil {
		if size := m.size(v.Tmpfs.Size, "services", service, "volumes", strconv.Itoa(i), "tmpfs", "size"); size > 0 {
			options = append(options, "size="+strconv.FormatInt(size, 10))
		}
		if v.Tmpfs.Mode > 0 {
			options = append(options, "mode="+strconv.FormatUint(uint64(v.Tmpfs.Mode), 8))
		}
	}
	if len(options) == 0 {
		return v.Target
	}
	return v.Target + ":" + strings.Join(options, ",")
}

// mount is the place of the service's mount at target, element i of the merged
// list, or of the key that below leads to within it. Merging drops mounts whose
// target another file has again, so counting alone would not find it; it has to
// do where the target is written with a variable.
func (x index) mount(i int, target, service string, below ...string) position {
	list := []string{"services", service, "volumes"}
	best := x.item(i, list...)
	for _, doc := range x {
		_, mounts, depth := descend(doc.root, list)
		if depth < len(list) || mounts.Kind != yaml.SequenceNode {
			continue
		}
		for _, item := range mounts.Content {
			if targetOf(resolve(item)) == target {
				key, _, _ := descend(item, below)
				best = doc.at(key)
			}
		}
	}
	return best
}

// targetOf is where a mount goes, as compose-go writes it; empty when that
// cannot be told.
func targetOf(mount *yaml.Node) string {
	text := textIn(mount, "target")
	if mount.Kind == yaml.ScalarNode {
		short, _ := format.ParseVolume(mount.Value)
		text = short.Target
	}
	if text == "" {
		return ""
	}
	return path.Clean(text)
}

// textIn is the scalar that a mapping has under key, or nothing.
func textIn(n *yaml.Node, key string) string {
	_, value := child(resolve(n), key, map[*yaml.Node]bool{})
	if value == nil {
		return ""
	}
	return resolve(value).Value
}
