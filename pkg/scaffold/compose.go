package scaffold

import (
	"os"
	"path/filepath"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

// newCompose is the name of a compose file where there is none.
const newCompose = "compose.yaml"

// compose plans the compose file and gives what the files of CI systems say.
func (r *repository) compose(plan *Plan) (facts, error) {
	if r.project == nil {
		return r.create(plan)
	}
	path := r.project.Files[0]
	name, err := filepath.Rel(r.dir, path)
	if err != nil {
		return facts{}, fault.Wrap(fault.Usage, err, "")
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return facts{}, fault.Wrap(fault.Usage, err, "")
	}
	for _, d := range r.dockerfiles {
		if !r.builds(d) {
			plan.note("%s is built by no service of %s", d.path, name)
		}
	}
	if r.speaksRetort(old) {
		return factsOf(r), plan.add(filepath.ToSlash(name), old, true)
	}
	changed, found, err := r.extend(plan, name, old)
	if err != nil {
		return facts{}, err
	}
	return found, plan.add(filepath.ToSlash(name), changed, true)
}

// builds is true when a service is built of the Dockerfile.
func (r *repository) builds(d dockerfile) bool {
	for _, s := range r.project.Services {
		if s.Build != nil && r.dockerfileOf(*s.Build).path == d.path {
			return true
		}
	}
	return false
}

// dockerfileOf gives the Dockerfile of a build section; one that was not found,
// or stands in the compose file itself, has no stages.
func (r *repository) dockerfileOf(b project.Build) dockerfile {
	if b.Inline != "" {
		return parseDockerfile("", []byte(b.Inline))
	}
	file := b.Dockerfile
	if file == "" {
		file = "Dockerfile"
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(b.Context, file)
	}
	rel, err := filepath.Rel(r.dir, file)
	if err != nil {
		return dockerfile{path: file}
	}
	for _, d := range r.dockerfiles {
		if d.path == filepath.ToSlash(rel) {
			return d
		}
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return dockerfile{path: rel}
	}
	return parseDockerfile(filepath.ToSlash(rel), content)
}
