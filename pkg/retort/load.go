package retort

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
)

// load reads the compose files, or makes a project of the one Dockerfile.
func load(ctx context.Context, opts Options) (*project.Project, error) {
	if opts.Image == "" {
		return project.Load(ctx, project.Options{Dir: opts.Dir, Files: opts.Files, Env: opts.Env})
	}
	if err := registry.CheckReference(opts.Image); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, err, "")
	}
	repository, _ := splitTag(opts.Image)
	name := baseName(repository)
	return &project.Project{
		Name: name, Dir: dir,
		Services: []project.Service{{
			Name: name, Image: repository,
			Build: &project.Build{Context: dir, Dockerfile: opts.Dockerfile, Target: opts.Target, Args: opts.Args},
		}},
	}, nil
}

// baseName is what a service is called that has nothing but a repository.
func baseName(repository string) string { return repository[strings.LastIndexByte(repository, '/')+1:] }

// splitTag parts repo:tag; the colon before a port stands in front of a slash.
func splitTag(ref string) (repository, tag string) {
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		return ref[:i], ref[i+1:]
	}
	return ref, ""
}
