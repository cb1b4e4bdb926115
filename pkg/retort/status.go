package retort

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// Status is what one environment runs of one service.
type Status struct {
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	Ref         string    `json:"ref"`              // the environment's reference
	Digest      string    `json:"digest,omitempty"` // what it names now; empty: nothing was promoted yet
	Since       time.Time `json:"since,omitzero"`   // when that digest entered, by the history
	Commit      string    `json:"commit,omitempty"` // it was built from
	Build       string    `json:"build,omitempty"`  // that promoted it
	// Unrecorded is true when the reference names a digest that the history does
	// not: someone moved the tag by other means.
	Unrecorded bool `json:"unrecorded,omitempty"`
	// Behind is how far it is behind; nil where that cannot be told.
	Behind *Behind `json:"behind,omitempty"`
}

// Status asks the registry what each environment runs of each deployable
// service, side by side. A service or environment that could not be asked is
// in the error, beside the answers of the others.
func (p *Pipeline) Status(ctx context.Context) ([]Status, error) {
	services, err := p.Project.Select()
	if err != nil {
		return nil, err
	}
	answers := make([]Status, len(services)*len(p.Project.Environments))
	var g multierror.Group
	for i, s := range services {
		for j, env := range p.Project.Environments {
			g.Go(func() (err error) {
				answers[i*len(p.Project.Environments)+j], err = p.statusOf(ctx, s, env)
				return err
			})
		}
	}
	errs := g.Wait()
	if err := p.compare(ctx, answers); err != nil {
		errs = multierror.Append(errs, err)
	}
	return answers, many.Errors(errs)
}

func (p *Pipeline) statusOf(ctx context.Context, s project.Service, env project.Environment) (Status, error) {
	st := Status{Service: s.Name, Environment: env.Name}
	repository, tag, err := env.Target(s, p.Project.Name)
	if err != nil {
		return st, err
	}
	st.Ref = repository + ":" + tag
	desc, err := p.registry.Resolve(ctx, st.Ref)
	if errors.Is(err, registry.ErrNotFound) {
		return st, nil
	}
	if err != nil {
		return st, err
	}
	st.Digest = desc.Digest.String()
	last, err := promote.Last(ctx, p.registry, repository, env.Name, s.Name)
	if err != nil || last.Digest != st.Digest {
		st.Unrecorded = err == nil
		return st, err
	}
	st.Since, st.Commit, st.Build = last.Time, last.Commit, last.Build
	return st, nil
}
