package promote

import (
	"context"
	"fmt"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/many"
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
	Final   bool   // no reason of a person overrules it
}

// ask asks every gate about every edge, so that all refusals are known at once.
func ask(ctx context.Context, opts Options, result *Result) error {
	var errs *multierror.Error
	for i, e := range opts.Edges {
		result.Moves[i].Edge = e
		for _, g := range opts.Gates {
			v, err := g.Ask(ctx, e)
			if err != nil {
				errs = multierror.Append(errs, unasked(ctx, g, e, err))
				continue
			}
			v.Gate, v.Service = g.Name(), e.Service
			result.Moves[i].Verdicts = append(result.Moves[i].Verdicts, v)
		}
	}
	return many.Errors(errs)
}

// unasked is a gate that gave no verdict: no pass, and no refusal either.
func unasked(ctx context.Context, g Gate, e Edge, err error) error {
	err = fmt.Errorf("gate %s, %s to %s, could not be asked: %w", g.Name(), e.Service, e.Environment, err)
	if ctx.Err() != nil {
		return err
	}
	return fault.Wrap(fault.Infrastructure, err, "nothing was moved; run the same command again")
}
