package retort

import (
	"context"
	"errors"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/state"
)

// keep lets change write into the state of this project and commit, and gives
// the whole of it. What another commit left there is dropped. A damaged file is
// put aside and begun anew: by now the work is done, and the registry has what
// the file had.
func (p *Pipeline) keep(ctx context.Context, change func(*state.Run)) (state.Run, error) {
	var run state.Run
	update := func(r *state.Run) error {
		if !p.sameRun(*r) {
			r.Begin(p.Project.Name, p.CI.Commit, p.CI.Dirty)
		}
		change(r)
		run = *r
		return nil
	}
	err := p.state.Update(ctx, update)
	if _, damaged := errors.AsType[*state.DamagedError](err); !damaged {
		return run, err
	}
	aside, setErr := p.state.SetAside(ctx)
	if setErr != nil {
		return run, setErr
	}
	p.warn("", "", err.Error()+"; moved to "+aside)
	return run, p.state.Update(ctx, update)
}

// sameRun is true when r is of what the workspace holds. Without a checkout
// nobody knows the commit, and a stashed file is taken at its word.
func (p *Pipeline) sameRun(r state.Run) bool {
	return r.Project == p.Project.Name && (p.CI.Commit == "" || r.Commit == p.CI.Commit)
}

// remembered is what the workspace knows of this commit's images. A file that
// is damaged or of another commit is no memory: the reason comes back beside
// an empty run, for when the registry does not know either.
func (p *Pipeline) remembered() (state.Run, error) {
	run, err := p.state.Load()
	if err == nil && run.Project != "" && run.Project != p.Project.Name {
		err = fault.New(fault.Usage, "retort build", "%s is of project %s, this is %s", state.FileName, run.Project, p.Project.Name)
	}
	if err == nil {
		err = run.For(p.CI.Commit)
	}
	if err != nil {
		return state.Run{}, err
	}
	return run, nil
}

// current refuses an image that was built before the work tree was changed, or
// before the changes were undone: its name would say what it is not.
func (p *Pipeline) current(service string, known state.Service, at ci.Environment) error {
	_, tag := splitTag(known.Candidate)
	if p.CI.Commit == "" || tag == "" || tag == p.CI.CandidateTag() || tag == at.CandidateTag() {
		return nil
	}
	return fault.New(fault.Usage, "retort build "+service,
		"%s: image of %s is %s, but the work tree is %s now", state.FileName, service, tag, p.CI.CandidateTag())
}
