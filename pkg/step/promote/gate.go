package promote

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/registry"
)

// Gate is a check that a digest must pass to enter an environment. A refusal
// is a verdict. An error says that the gate could not tell, which stops the
// promotion as well.
type Gate interface {
	Name() string
	Ask(ctx context.Context, e Edge) (Verdict, error)
}

// Verdict is a gate's answer.
type Verdict struct {
	Gate    string
	Service string
	Allowed bool
	Reason  string // why
	Remedy  string // what would satisfy the gate, when it refuses
}

// ask asks every gate about every edge, so that all refusals are known at once.
func ask(ctx context.Context, opts Options, result *Result) error {
	var errs *multierror.Error
	for i, e := range opts.Edges {
		result.Moves[i].Edge = e
		for _, g := range opts.Gates {
			v, err := g.Ask(ctx, e)
			if err != nil {
				errs = multierror.Append(errs, fmt.Errorf("gate %s, %s to %s: %w", g.Name(), e.Service, e.Environment, err))
				continue
			}
			v.Gate, v.Service = g.Name(), e.Service
			result.Moves[i].Verdicts = append(result.Moves[i].Verdicts, v)
		}
	}
	return many.Errors(errs)
}

// After is the gate that lets in only what has been in another environment.
type After struct {
	Registry    Registry
	Environment string
	// Where gives the reference that names what a service runs there.
	Where func(service string) (repository, tag string, err error)
}

var _ Gate = After{}

// Name is the key in the project file.
func (After) Name() string { return "after" }

// Ask looks at the environment's tag, then at its history: a digest that was
// there and has been replaced since has still been there.
func (a After) Ask(ctx context.Context, e Edge) (Verdict, error) {
	repo, tag, err := a.Where(e.Service)
	if err != nil {
		return Verdict{}, err
	}
	now, err := a.Registry.Resolve(ctx, repo+":"+tag)
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		return Verdict{}, err
	}
	if err == nil && now.Digest.String() == e.Digest() {
		return Verdict{Allowed: true, Reason: "it is in " + a.Environment}, nil
	}
	records, err := a.Registry.History(ctx, repo, a.Environment, 0)
	if err != nil {
		return Verdict{}, err
	}
	for _, r := range records {
		if r.Digest == e.Digest() {
			return Verdict{Allowed: true, Reason: "it was in " + a.Environment}, nil
		}
	}
	return Verdict{
		Reason: fmt.Sprintf("%s has not been in %s", e.Digest(), a.Environment),
		Remedy: fmt.Sprintf("retort promote %s --to %s", e.Service, a.Environment),
	}, nil
}
