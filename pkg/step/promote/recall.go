package promote

import (
	"context"
	"time"

	"github.com/retort-ci/retort/pkg/internal/grace"
	"github.com/retort-ci/retort/pkg/registry"
)

// recalled is what the history says of a digest that was there already.
type recalled struct {
	last registry.Record // the service's newest, zero when there is none
	err  error
}

// recall reads the newest record of a digest that was there already.
func recall(ctx context.Context, reg Registry, m *Move) {
	if m.Existed {
		m.history.last, m.history.err = Last(ctx, reg, m.Repository, m.Environment, m.Service)
	}
}

// writeDown adds the records, whether or not ctx has ended: what is live without
// history can neither be told nor rolled back.
func writeDown(ctx context.Context, reg Registry, moves []Move, opts Options) error {
	ctx, cancel := grace.Outlive(ctx, undoLimit)
	defer cancel()
	rec := opts.Record
	_ = each(moves, func(m *Move) error {
		recall(ctx, reg, m)
		return nil
	})
	if rec.Time.IsZero() {
		rec.Time = entered(moves, rec, time.Now())
	}
	return each(moves, func(m *Move) error { return record(ctx, reg, m, rec, opts.Voucher) })
}

// missing says whether the digest is there without a record: an earlier
// promotion was killed between the name and the record.
func (m *Move) missing() bool {
	return m.Existed && m.history.err == nil && m.history.last.Digest != m.Digest()
}

// entered is the time for the records that are to be written. What enters
// together can leave together, see Back, and is told by its time: so a promotion
// that was killed between two of its records is completed with the time of
// those that it wrote.
func entered(moves []Move, rec registry.Record, now time.Time) time.Time {
	var wrote time.Time
	if rec.Action == registry.Rollback { // it leads back to times of others
		return now
	}
	for i := range moves {
		m := &moves[i]
		if m.Moved {
			return now
		}
		last := m.history.last
		if m.Existed && !m.missing() && last.Action == registry.Promote && last.Commit == rec.Commit && last.Time.After(wrote) {
			wrote = last.Time
		}
	}
	for i := range moves {
		if m := &moves[i]; m.missing() && !wrote.After(m.history.last.Time) {
			return now
		}
	}
	if wrote.IsZero() {
		return now
	}
	return wrote
}
