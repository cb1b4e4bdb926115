package retort

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/gitops"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// handoff is what promote and rollback bring up to date in the files that the
// environment names.
type handoff struct {
	pipeline *Pipeline
	stage    string
	edits    []gitops.Edit
}

// handoff looks up where the files name what moves along the edges. A file that
// does not is found here, before anything moves.
func (p *Pipeline) handoff(stage string, env project.Environment, edges []promote.Edge) (handoff, error) {
	h := handoff{pipeline: p, stage: stage}
	for _, e := range edges {
		s, err := p.Project.Service(e.Service)
		if err != nil {
			return h, err
		}
		places, err := env.Places(s, p.Project.Name)
		if err != nil {
			return h, err
		}
		image := gitops.Image{Names: []string{s.Image, e.Repository, s.Name}, Repository: e.Repository, Digest: e.Digest()}
		for _, place := range places {
			h.edits = append(h.edits, gitops.Edit{Place: place, Image: image})
		}
	}
	_, err := gitops.Preview(p.Project.Dir, h.edits)
	return h, err
}

// finish writes the files when the result lets it, or tells what a dry run would
// write. They follow the registry: a file is written again when all was in the
// environment already, so that the same command mends one that could not be.
func (h handoff) finish(result *PromoteResult, dryRun bool) error {
	if result.refused() {
		return nil
	}
	work, word := gitops.Write, "wrote"
	if dryRun {
		work, word = gitops.Preview, "would write"
	}
	changes, err := work(h.pipeline.Project.Dir, h.edits)
	if err != nil && !dryRun {
		return fault.Wrap(fault.SideOf(err), fmt.Errorf("%s has moved, but its files may not say so (the same command again writes them): %w",
			result.Environment, err), fault.HintOf(err))
	}
	if err != nil {
		return err
	}
	result.Written = changes
	for _, c := range changes {
		h.pipeline.note(h.stage, "", fmt.Sprintf("%s %s:%d: %s, was %s", word, filepath.ToSlash(c.File), c.Line, c.After, cmp.Or(c.Before, "empty")))
	}
	return nil
}

// apart is the checkout, but for the files that promote and rollback write. A
// promotion to the next environment is of the same commit, and so is the same
// promotion again.
func (p *Pipeline) apart(ctx context.Context) (ci.Environment, error) {
	at := p.CI
	if !at.Dirty {
		return at, nil
	}
	files, err := p.handedOver()
	if err != nil || len(files) == 0 {
		return at, err
	}
	if at.Dirty, err = at.DirtyApart(ctx, p.Project.Dir, files...); err != nil {
		return at, gitFault(err)
	}
	return at, nil
}

// handedOver are the files that the environments name.
func (p *Pipeline) handedOver() ([]string, error) {
	services, err := p.Project.Select()
	if err != nil {
		return nil, err
	}
	var files []string
	for _, env := range p.Project.Environments {
		for _, s := range services {
			places, err := env.Places(s, p.Project.Name)
			if err != nil {
				return nil, err
			}
			for _, place := range places {
				files = append(files, place.File)
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}
