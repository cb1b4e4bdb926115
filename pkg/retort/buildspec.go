package retort

import (
	"path/filepath"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/project"
)

// buildSpec is the service's build section, and what nobody should have to
// write: labels that say where the image comes from, and the commit's time
// instead of the clock's, so that one commit gives one image.
func (p *Pipeline) buildSpec(s project.Service) (engine.BuildSpec, error) {
	b := s.Build
	spec := engine.BuildSpec{
		Context: b.Context, Dockerfile: b.Dockerfile, Inline: b.Inline, Target: b.Target,
		Args: b.Args, Labels: b.Labels, Defaults: p.CI.Labels(), Contexts: b.Contexts,
		Platforms: b.Platforms, NoCache: b.NoCache, Network: b.Network, ExtraHosts: b.ExtraHosts,
		CacheFrom: b.CacheFrom, CacheTo: b.CacheTo,
		Epoch: p.CI.Git.Time, Bases: p.mirror,
	}
	for _, secret := range b.Secrets {
		spec.Secrets = append(spec.Secrets, engine.Secret(secret))
	}
	for _, key := range b.SSH {
		spec.SSH = append(spec.SSH, engine.SSH(key))
	}
	names, err := p.localNames(s)
	spec.Tags = names
	return spec, err
}

// localNames are the references under which the engine's store keeps the
// image: its candidate name, so that cleaning up dangling images leaves it
// alone. What has no repository gets a name that no registry has.
func (p *Pipeline) localNames(s project.Service) ([]string, error) {
	if s.Image == "" || s.Suite != nil {
		return []string{"retort.local/" + filepath.Base(p.Project.Name) + "/" + s.Name + ":" + p.CI.CandidateTag()}, nil
	}
	names := refsOf(p.withPlain([]imageName{p.candidateName(s)}))
	if _, tag := splitTag(p.opts.Image); p.opts.Image != "" && tag == "" {
		names = append(names, p.opts.Image+":latest") // as docker build -t does
	}
	return names, p.checkRefs(names)
}

// candidate is the service's image of this commit, before any promotion.
func (p *Pipeline) candidate(s project.Service) string {
	return s.Image + ":" + p.CI.CandidateTag()
}
