package promote

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/grace"
	"github.com/retort-ci/retort/pkg/registry"
)

// undoLimit is how long putting back, or writing down, may take when the caller
// was told to stop.
const undoLimit = 3 * time.Second

// putBack undoes the moves that were made, whether or not ctx has ended: half a
// release is worse than none. A name that was new cannot be taken back, since
// registries need not delete; that is told in the move's state.
func putBack(ctx context.Context, reg Registry, moves []Move) {
	ctx, cancel := grace.Outlive(ctx, undoLimit)
	defer cancel()
	var wg sync.WaitGroup
	for i := range moves {
		m := &moves[i]
		if m.Moved || m.unsure {
			wg.Go(func() { restore(ctx, reg, m) })
		}
	}
	wg.Wait()
}

// restore gives the name back to the digest that had it, if it is still ours to
// give.
func restore(ctx context.Context, reg Registry, m *Move) {
	now, err := named(ctx, reg, m.To())
	switch {
	case err != nil:
	case now != m.Digest() && m.unsure: // it has not moved
		return
	case now != m.Digest():
		err = taken(m, now)
	case m.Previous == "":
		m.Moved = true
		return
	default:
		m.Moved = true
		err = repoint(ctx, reg, m)
	}
	if err != nil {
		m.err = errors.Join(m.err, fmt.Errorf("put back: %w", err))
		return
	}
	m.Moved, m.PutBack = false, true
}

// repoint gives the name back to what had it.
func repoint(ctx context.Context, reg Registry, m *Move) error {
	previous, err := reg.Stage(ctx, m.Repository+"@"+m.Previous, m.Repository, registry.StageOptions{NoReferrers: true})
	if err != nil {
		return err
	}
	_, err = reg.Point(ctx, previous, m.Tag)
	return err
}

// State says in a few words what became of the edge.
func (m Move) State() string {
	switch {
	case m.PutBack:
		return "put back to " + m.Previous
	case m.Moved && m.Previous == "":
		return "moved, and has nothing to be put back to"
	case m.Moved:
		return "moved"
	case m.Existed:
		return "was there already"
	}
	return "not moved"
}

// stateOf is a failure of some edges with what became of all of them. The side
// and the way out are those of the failure.
func stateOf(err error, moves []Move) error {
	lines := make([]string, len(moves))
	for i, m := range moves {
		lines[i] = fmt.Sprintf("%s: %s", m.Service, m.State())
		if m.err != nil {
			lines[i] += ": " + strings.ReplaceAll(m.err.Error(), "\n", "; ")
		}
	}
	side := fault.SideOf(err)
	if side == fault.Unexpected {
		side = fault.Infrastructure
	}
	return &fault.Fault{Side: side, Hint: fault.HintOf(err), Detail: lines, Err: err}
}
