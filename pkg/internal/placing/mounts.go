package placing

import (
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// CheckMounts sees to it that every mount has one source.
func CheckMounts(s engine.ContainerSpec) error {
	for _, m := range s.Mounts {
		if (m.Volume == "") == (m.Host == "") {
			return fault.New(fault.Usage, "name a volume or a path of the host, and not both",
				"mount at %s: volume %q and host path %q", m.Path, m.Volume, m.Host)
		}
	}
	return nil
}

// Tmpfs splits "path:options" entries into options by path; nil for none.
func Tmpfs(entries []string) map[string]string {
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
