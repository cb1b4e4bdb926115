// Package scaffold writes a repository's first pipeline. It looks at what is
// there (Dockerfiles, a compose file, the files of CI systems, the remote) and
// plans x-retort for the compose file and a file for each CI system.
//
// A plan is only a plan: it can be shown as a diff, and nothing is written before
// [Plan.Write]. A compose file keeps every line that it has; another file that is
// there is left as it is unless Options.Force says otherwise. What was left out,
// and why, stands in Plan.Notes.
package scaffold

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

// Options say where to look and what to plan. The zero value is the working
// directory, and the CI systems that it hints at.
type Options struct {
	Dir   string
	Files []string // compose files, as with docker compose -f; x-retort goes to the first
	Env   []string // NAME=value pairs for the compose file; the process's when nil
	// CI are the systems to write files for, of [Systems]; nil are those that the
	// repository has files of, or else the one its remote hints at.
	CI    []ci.System
	Force bool // write over files of CI systems that are there
}

// New looks at the repository and plans.
func New(ctx context.Context, opts Options) (*Plan, error) {
	r, err := look(ctx, opts)
	if err != nil {
		return nil, err
	}
	plan := &Plan{dir: r.dir, Notes: r.notes}
	facts, err := r.compose(plan)
	if err != nil {
		return nil, err
	}
	systems := opts.CI
	if systems == nil {
		systems = r.systems()
	}
	for _, system := range systems {
		if err := plan.pipeline(system, facts, opts.Force); err != nil {
			return nil, err
		}
	}
	if below := belowRoot(r.dir); below != "" && len(systems) > 0 {
		plan.note("this is not the repository's root, where CI systems work: run init there, "+
			"or move their files there and set RETORT_DIR=%s in them", below)
	}
	return plan, nil
}

// repository is what was found.
type repository struct {
	dir         string // absolute
	name        string // that a project here is given
	git         ci.Git
	files       []string         // compose files, absolute
	project     *project.Project // what they say; nil without any
	dockerfiles []dockerfile     // the nearest to the root first
	notes       []string
}

func look(ctx context.Context, opts Options) (*repository, error) {
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, err, "")
	}
	r := &repository{dir: dir}
	r.git, err = ci.FromGit(ctx, dir)
	if gitErr, ok := errors.AsType[*ci.GitError](err); ok {
		return nil, fault.Wrap(fault.Usage, err, gitErr.Hint())
	}
	if err != nil {
		return nil, err
	}
	r.name = projectName(r.git.Remote, dir)
	if r.dockerfiles, err = findDockerfiles(dir); err != nil {
		return nil, fault.Wrap(fault.Usage, err, "say where the repository is with -C DIR")
	}
	r.files = opts.Files
	if len(r.files) == 0 {
		r.files = composeFiles(dir)
	}
	if len(r.files) == 0 {
		return r, nil
	}
	r.project, err = project.Load(ctx, project.Options{Dir: dir, Files: opts.Files, Env: opts.Env})
	return r, err
}
