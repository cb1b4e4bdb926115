package main

import (
	"path/filepath"
	"slices"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

// describe adds what a reference and a Dockerfile do not say to the build.
func (p *plugin) describe(b *project.Build) {
	b.Labels, b.ExtraHosts, b.Secrets = p.labels, p.hosts, p.secrets
	if p.platform != "" {
		b.Platforms = []string{p.platform}
	}
}

// refs are all names that the image is to have.
func (p *plugin) refs() []string {
	var refs []string
	for _, repo := range p.repos {
		for _, tag := range p.tags {
			refs = append(refs, repo+":"+tag)
		}
	}
	return refs
}

// plainHTTP are the registries that need no TLS.
func (p *plugin) plainHTTP() []string {
	if !p.insecure {
		return nil
	}
	hosts := []string{p.registry}
	for _, repo := range p.repos {
		hosts = append(hosts, registryOf(repo))
	}
	return slices.DeleteFunc(hosts, func(host string) bool { return host == hub })
}

// locate makes the context absolute, and the Dockerfile: that is relative to where
// the step works, not to the context.
func (p *plugin) locate(dir string) error {
	if !filepath.IsAbs(p.dockerfile) {
		p.dockerfile = filepath.Join(dir, p.dockerfile)
	}
	if !filepath.IsAbs(p.context) {
		p.context = filepath.Join(dir, p.context)
	}
	file, err := filepath.Abs(p.dockerfile)
	p.dockerfile = file
	return fault.Wrap(fault.Usage, err, "")
}
