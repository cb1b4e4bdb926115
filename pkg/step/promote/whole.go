package promote

import (
	"context"
	"errors"

	"github.com/retort-ci/retort/pkg/registry"
)

// Whole is the gate of a rollback: manifest and every blob of the digest are
// still there. Registries are cleaned up by rules that know nothing of going
// back.
type Whole struct {
	// Check looks at repository@digest. An error that is registry.ErrNotFound
	// names what is missing.
	Check func(ctx context.Context, ref string) error
}

var _ Gate = Whole{}

// Name is what refusals call it.
func (Whole) Name() string { return "whole" }

// Ask looks before any name moves.
func (w Whole) Ask(ctx context.Context, e Edge) (Verdict, error) {
	err := w.Check(ctx, e.From)
	if errors.Is(err, registry.ErrNotFound) {
		return Verdict{
			Reason: "it is no longer whole: " + err.Error(),
			Remedy: "retort rollback " + e.Service + " --in " + e.Environment + " --to an older digest",
			Final:  true, // nobody can will a blob into being
		}, nil
	}
	if err != nil {
		return Verdict{}, err
	}
	return Verdict{Allowed: true, Reason: "manifest and blobs are there"}, nil
}
