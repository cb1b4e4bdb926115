// Package promote is the step that lets digests enter an environment, through
// its gates, and keeps the environment's history. A rollback is a promotion of
// what was there before.
package promote

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// Registry is what the step asks of a registry client; *registry.Client has it.
type Registry interface {
	Resolve(ctx context.Context, ref string) (v1.Descriptor, error)
	// Stage brings a digest and what refers to it into a repository, unseen.
	Stage(ctx context.Context, from, repository string, opts registry.StageOptions) (registry.Staged, error)
	// Along brings what refers to a digest into a repository that has it already.
	Along(ctx context.Context, from, repository string) error
	// Point makes a tag name what was staged.
	Point(ctx context.Context, staged registry.Staged, tag string) (registry.Copied, error)
	AppendRecord(ctx context.Context, repo string, rec registry.Record) (registry.Record, error)
	History(ctx context.Context, repo, env string, limit int) ([]registry.Record, error)
}

var _ Registry = (*registry.Client)(nil)

// Edge is one step of a digest into an environment.
type Edge struct {
	Service     string
	Environment string
	From        string // repository@digest
	Repository  string // of the environment, without tag
	Tag         string // the environment's name for what it runs
	Commit      string // it was built from; that of Options.Record when empty
	// Was is the digest that the environment's name had when someone decided on the
	// edge, "" for none. Run looks for itself where nil.
	Was *string
}

// Digest is what moves along the edge.
func (e Edge) Digest() string {
	_, digest, _ := strings.Cut(e.From, "@")
	return digest
}

// To is the reference that the environment reads.
func (e Edge) To() string { return e.Repository + ":" + e.Tag }

// Options say what moves, what it must pass, and who is to be written down.
type Options struct {
	Edges    []Edge
	Gates    []Gate
	DryRun   bool            // look and ask the gates, move nothing
	Override string          // why refusals shall not stop it; empty: they do
	Record   registry.Record // Project, Actor, Build, Commit, Action and Time of the records
	Voucher  Voucher         // signs what the records say; nil: nobody does
	Progress progress.Sink

	// NoReferrers leaves behind what refers to the digests: evidence, signatures,
	// SBOMs.
	NoReferrers bool
}

// Result holds a move per edge, in the order of Options.Edges.
type Result struct {
	Moves []Move
	// Override is Options.Override when there were refusals and it overruled them.
	Override string
}

// Move is what became of an edge.
type Move struct {
	Edge
	Verdicts []Verdict // of every gate that was asked
	Previous string    // digest the environment had before, or empty
	Moved    bool      // false: refused, a dry run, or it was there already
	Existed  bool      // the environment had the digest already
	PutBack  bool      // it had moved, and was put back since another edge failed
	Elapsed  time.Duration

	staged  registry.Staged // the digest in the environment's repository
	history recalled        // when it existed
	err     error           // why it did not move, or could not be put back
	unsure  bool            // the answer was lost: it may have moved
}

// Refusals gives the verdicts that stopped the promotion, or were overruled.
func (r Result) Refusals() []Verdict {
	var out []Verdict
	for _, m := range r.Moves {
		for _, v := range m.Verdicts {
			if !v.Allowed {
				out = append(out, v)
			}
		}
	}
	return out
}

// Run promotes all edges as one: after a look at what the environment has, every
// gate is asked about every edge; only when none refuses, or a person overrules
// those that do, do blobs and manifests move, by digest, unseen; then the
// environment's tags are pointed at them, if they are still as they were. If one
// cannot be, those that were are put back. Refusals are in the result, not in the
// error. The error says what could not be told or done, with the state of each
// edge, and so does the result.
func Run(ctx context.Context, reg Registry, opts Options) (Result, error) {
	result := Result{Moves: make([]Move, len(opts.Edges))}
	for i, e := range opts.Edges {
		result.Moves[i].Edge = e
	}
	if err := each(result.Moves, func(m *Move) error { return look(ctx, reg, m) }); err != nil {
		return result, err
	}
	if err := ask(ctx, opts, &result); err != nil {
		return result, err
	}
	refusals := result.Refusals()
	if len(refusals) > 0 && !slices.ContainsFunc(refusals, func(v Verdict) bool { return v.Final }) {
		result.Override = opts.Override
	}
	if opts.DryRun || len(refusals) > 0 && result.Override == "" {
		return result, nil
	}
	opts.Record.Override = result.Override
	if err := writable(result.Moves, opts.Record); err != nil {
		return result, err
	}
	stage := registry.StageOptions{NoReferrers: opts.NoReferrers}
	if err := each(result.Moves, func(m *Move) error { return bring(ctx, reg, m, stage) }); err != nil {
		return result, err
	}
	if err := each(result.Moves, func(m *Move) error { return point(ctx, reg, m) }); err != nil {
		putBack(ctx, reg, result.Moves)
		tell(opts.Progress, result.Moves)
		return result, stateOf(err, result.Moves)
	}
	err := writeDown(ctx, reg, result.Moves, opts)
	tell(opts.Progress, result.Moves)
	return result, err
}

// each works on all moves at once and keeps every error.
func each(moves []Move, work func(*Move) error) error {
	var g multierror.Group
	for i := range moves {
		m := &moves[i]
		g.Go(func() error {
			begun := time.Now()
			m.err = work(m)
			m.Elapsed += time.Since(begun)
			if m.err != nil {
				return fmt.Errorf("promote %s to %s: %w", m.Service, m.Environment, m.err)
			}
			return nil
		})
	}
	return many.Errors(g.Wait())
}
