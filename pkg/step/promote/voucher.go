package promote

import (
	"context"
	"fmt"
	"time"

	"github.com/retort-ci/retort/pkg/registry"
)

// Voucher signs that a digest is in an environment: a record by itself is believed
// of anyone who may write to the registry.
type Voucher interface {
	// Vouched says whether that was signed already, at since or later.
	Vouched(ctx context.Context, e Edge, since time.Time) (bool, error)
	// Vouch signs a statement about the edge's digest, and keeps it in the edge's
	// repository.
	Vouch(ctx context.Context, e Edge, statement []byte) error
}

// vouch signs what a record says that was written down. Of what was there already it
// signs that it is there now: since when is anyone's word.
func vouch(ctx context.Context, m *Move, rec registry.Record, by Voucher) error {
	if by == nil {
		return nil
	}
	if err := vouchOnce(ctx, m, rec, by); err != nil {
		return fmt.Errorf("%s names %s now, but that is not signed (the same command again signs it): %w", m.To(), m.Digest(), err)
	}
	return nil
}

func vouchOnce(ctx context.Context, m *Move, rec registry.Record, by Voucher) error {
	if m.Existed {
		done, err := by.Vouched(ctx, m.Edge, m.history.last.Time)
		if done || err != nil {
			return err
		}
		rec.Time = time.Now()
		if rec, err = written(m, rec); err != nil {
			return err
		}
	}
	return by.Vouch(ctx, m.Edge, rec.Statement.Data)
}
