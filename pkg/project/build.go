package project

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/retort-ci/retort/pkg/internal/cacheentry"
)

// build takes over a service's build section. compose-go has made the paths
// absolute and set the defaults.
func (m *model) build(service string, b types.BuildConfig) *Build {
	path := []string{"services", service, "build"}
	if !filepath.IsAbs(b.Context) {
		m.report.hint("clone it first, and name the directory", m.report.places.value(below(path, "context")...),
			"services.%s.build.context: %q is not a local directory", service, b.Context)
	}
	out := &Build{
		Context:    b.Context,
		Dockerfile: b.Dockerfile,
		Inline:     b.DockerfileInline,
		Target:     b.Target,
		Labels:     b.Labels,
		Contexts:   b.AdditionalContexts,
		CacheFrom:  m.caches(b.CacheFrom),
		CacheTo:    m.caches(b.CacheTo),
		Platforms:  b.Platforms,
		NoCache:    b.NoCache,
		Network:    b.Network,
		ExtraHosts: hosts(b.ExtraHosts),
	}
	if len(b.Args) > 0 {
		out.Args = b.Args.ToMapping()
	}
	for _, key := range b.SSH {
		out.SSH = append(out.SSH, SSH(key))
	}
	slices.SortFunc(out.SSH, func(a, b SSH) int { return strings.Compare(a.ID, b.ID) }) // compose-go has them in no order
	for _, s := range b.Secrets {
		source := m.compose.Secrets[s.Source]
		id := s.Target
		if id == "" {
			id = s.Source
		}
		out.Secrets = append(out.Secrets, Secret{ID: id, File: source.File, Env: source.Environment})
	}
	return out
}

// caches has the directories of local caches where the other paths of the file
// begin, whatever directory this process works in.
func (m *model) caches(entries []string) []string {
	var all []string
	for _, text := range entries {
		// What cannot be read is told by the engine, which needs it.
		if entry, err := cacheentry.Read(text); err == nil && entry.Type == "local" {
			for _, key := range []string{"src", "dest"} {
				if dir := entry.Attrs[key]; dir != "" && !filepath.IsAbs(dir) {
					entry.Attrs[key] = filepath.Join(m.compose.WorkingDir, dir)
					text = entry.String()
				}
			}
		}
		all = append(all, text)
	}
	return all
}
