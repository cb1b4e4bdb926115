package placing

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// Place is a path at which something lies over the image's file system.
type Place struct {
	Path string // absolute and clean
	Bars string // why no file can be put there; empty where one can
}

// places are the mounts of the spec, and those that every container has.
func places(s engine.ContainerSpec) []Place {
	var all []Place
	for _, p := range []string{"/dev", "/proc", "/sys", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"} {
		all = append(all, Place{p, "what the engine mounts at " + p + " would hide it"})
	}
	for p := range Tmpfs(s.Tmpfs) {
		all = append(all, Place{path.Clean(p), "the tmpfs at " + p + " would hide it"})
	}
	for _, m := range s.Mounts {
		p := Place{Path: path.Clean(m.Path)}
		switch {
		case m.Host != "":
			p.Bars = fmt.Sprintf("it would be written to %s of the host, which is mounted at %s", m.Host, m.Path)
		case m.ReadOnly:
			p.Bars = fmt.Sprintf("the volume %s is mounted at %s to be read only", m.Volume, m.Path)
		}
		all = append(all, p)
	}
	return all
}

// Over is the innermost place that the file is in; false when it is in none.
func Over(s engine.ContainerSpec, file string) (Place, bool) {
	var found Place
	for _, p := range places(s) {
		if Within(file, p.Path) && len(p.Path) >= len(found.Path) {
			found = p
		}
	}
	return found, found.Path != ""
}

// Within says whether path is dir or below it. Both are clean.
func Within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// CheckFiles refuses files that the container would not find where it looks.
func CheckFiles(s engine.ContainerSpec) error {
	for _, f := range s.Files {
		if !path.IsAbs(f.Path) || path.Clean(f.Path) != f.Path || f.Path == "/" {
			return fault.New(fault.Usage, "name an absolute path without . and ..", "file %q is no path in a container", f.Path)
		}
		at, covered := Over(s, f.Path)
		switch {
		case at.Bars != "":
			return fault.New(fault.Usage, "choose another path for the file, or for the mount", "file %s: %s", f.Path, at.Bars)
		case s.ReadOnly && !covered && path.Dir(f.Path) == "/":
			return fault.New(fault.Usage, "put the file into a directory, or let the root file system be written to",
				"file %s: the root directory of the container is read-only", f.Path)
		}
	}
	return nil
}

// OwnVolumes are directories of a read-only container that get a volume, since
// the daemon puts no file into a read-only root file system: those of the spec's
// files, less what lies in a mount or below another one. A volume begins with
// what the image has there.
func OwnVolumes(s engine.ContainerSpec) []string {
	if !s.ReadOnly {
		return nil
	}
	var dirs, top []string
	for _, f := range s.Files {
		if _, covered := Over(s, f.Path); !covered {
			dirs = append(dirs, path.Dir(f.Path))
		}
	}
	slices.Sort(dirs) // what is above comes before what is below
	for _, dir := range dirs {
		if !slices.ContainsFunc(top, func(above string) bool { return Within(dir, above) }) {
			top = append(top, dir)
		}
	}
	return top
}
