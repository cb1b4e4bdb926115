package promote

import (
	"context"
	"fmt"

	"github.com/hashicorp/go-multierror"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/many"
)

// Gate is a check that a digest must pass to enter an environment. A refusal
// is a verdict. An error says that the gate could not tell, which stops the
// promotion as well.
type Gate interface {
	Name() string
	// Ask may be called for several edges at the same time.
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

// askers is how many edges the gates are asked about at once.
const askers = 16

// ask asks every gate about every edge, so that all refusals are known at once.
// Verdicts and errors are in the order of edges and gates.
func ask(ctx context.Context, opts Options, result *Result) error {
	errs := make([]*multierror.Error, len(opts.Edges))
	var group errgroup.Group
	group.SetLimit(askers)
	for i, e := range opts.Edges {
		group.Go(func() error {
			result.Moves[i].Verdicts, errs[i] = askAbout(ctx, opts.Gates, e)
			return nil
		})
	}
	_ = group.Wait()
	var all *multierror.Error
	for _, err := range errs {
		all = multierror.Append(all, err.WrappedErrors()...)
	}
	return many.Errors(all)
}

// Ask asks the gates about one edge, wherever that leads. The verdicts are those of
// the gates that could be asked.
func Ask(ctx context.Context, gates []Gate, e Edge) ([]Verdict, error) {
	verdicts, errs := askAbout(ctx, gates, e)
	return verdicts, many.Errors(errs)
}

// askAbout asks the gates about one edge, in their order.
func askAbout(ctx context.Context, gates []Gate, e Edge) ([]Verdict, *multierror.Error) {
	var verdicts []Verdict
	var errs *multierror.Error
	for _, g := range gates {
		v, err := g.Ask(ctx, e)
		if err != nil {
			errs = multierror.Append(errs, unasked(ctx, g, e, err))
			continue
		}
		v.Gate, v.Service = g.Name(), e.Service
		verdicts = append(verdicts, v)
	}
	return verdicts, errs
}

// unasked is a gate that gave no verdict: no pass, and no refusal either.
func unasked(ctx context.Context, g Gate, e Edge, err error) error {
	err = fmt.Errorf("gate %s, %s to %s, could not be asked: %w", g.Name(), e.Service, e.Environment, err)
	if ctx.Err() != nil {
		return err
	}
	return fault.Wrap(fault.Infrastructure, err, "nothing was moved; run the same command again")
}
