package project

import (
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/types"
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
		Platforms:  b.Platforms,
		NoCache:    b.NoCache,
		Network:    b.Network,
		ExtraHosts: hosts(b.ExtraHosts),
	}
	if len(b.Args) > 0 {
		out.Args = b.Args.ToMapping()
	}
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
