package promote

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// look notes what the environment has. It comes before the gates, which may take
// a minute to answer: what someone else puts there meanwhile is not ours to
// replace.
func look(ctx context.Context, reg Registry, m *Move) error {
	now := m.Was
	if now == nil {
		digest, err := named(ctx, reg, m.To())
		if err != nil {
			return err
		}
		now = &digest
	}
	if *now == m.Digest() {
		m.Existed = true
	} else {
		m.Previous = *now
	}
	return nil
}

// bring copies the digest and what refers to it into the environment's repository
// without giving it a name there, so nothing is visible yet.
func bring(ctx context.Context, reg Registry, m *Move, opts registry.StageOptions) (err error) {
	if m.Existed {
		if from, _, _ := strings.Cut(m.From, "@"); opts.NoReferrers || from == m.Repository {
			return nil
		}
		return reg.Along(ctx, m.From, m.Repository) // it may have been signed since
	}
	m.staged, err = reg.Stage(ctx, m.From, m.Repository, opts)
	return err
}

// named is the digest that a reference names, empty when it names none.
func named(ctx context.Context, reg Registry, ref string) (string, error) {
	desc, err := reg.Resolve(ctx, ref)
	if errors.Is(err, registry.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return desc.Digest.String(), nil
}

// point gives the digest the environment's name, unless someone else has moved
// that since it was looked at: registries have no way to change a tag only if it
// is what one thinks, so the window is kept small and what comes out is read
// back. What was there already must still be: else half of a unit would move. The
// same digest by someone else is as good as there already.
func point(ctx context.Context, reg Registry, m *Move) error {
	if m.Existed {
		return m.still(ctx, reg)
	}
	now, err := named(ctx, reg, m.To())
	if err != nil {
		return err
	}
	switch now {
	case m.Previous:
	case m.Digest():
		m.Existed = true
		return nil
	default:
		return taken(m, now)
	}
	if _, err := reg.Point(ctx, m.staged, m.Tag); err != nil {
		m.unsure = true
		return err
	}
	m.Moved = true
	if now, err = named(ctx, reg, m.To()); err == nil && now != m.Digest() {
		m.Moved = false
		err = taken(m, now)
	}
	return err
}

// still says whether the environment's name is that of the digest, as it was.
func (m *Move) still(ctx context.Context, reg Registry) error {
	now, err := named(ctx, reg, m.To())
	if err == nil && now != m.Digest() {
		err = taken(m, now)
	}
	return err
}

// taken says that another promotion has moved the tag meanwhile.
func taken(m *Move, now string) error {
	if now == "" {
		now = "nothing"
	}
	return fault.New(fault.Policy, "see `retort history "+m.Environment+"` before you run the same command again",
		"%s was moved meanwhile by someone else: it names %s", m.To(), now)
}

// record writes the promotion down. An earlier one may have been killed between
// the name and the record; so the record is made up for when the name is there
// without it, and is not gone by now.
func record(ctx context.Context, reg Registry, m *Move, rec registry.Record, by Voucher) error {
	if m.Existed {
		if m.history.err != nil {
			return m.history.err
		}
		if !m.missing() {
			return vouch(ctx, m, rec, by)
		}
		if err := m.still(ctx, reg); err != nil {
			return err
		}
		m.Previous = m.history.last.Digest
	}
	rec, err := written(m, rec)
	if err != nil {
		return err
	}
	if _, err := reg.AppendRecord(ctx, m.Repository, rec); err != nil {
		return fmt.Errorf("%s names %s now, but the record is missing (the same command again adds it): %w", m.To(), m.Digest(), err)
	}
	return vouch(ctx, m, rec, by)
}

// tell emits an event for each edge.
func tell(sink progress.Sink, moves []Move) {
	for _, m := range moves {
		event := progress.Event{
			Kind: progress.TaskEnd, Stage: "promote", Subject: m.Service, Task: m.Environment,
			Status: progress.Done, Text: m.To() + "@" + m.Digest(), Elapsed: m.Elapsed, Err: m.err,
		}
		switch {
		case m.err != nil:
			event.Status = progress.Failed
		case m.Existed, !m.Moved:
			event.Status = progress.Skipped
		}
		progress.Or(sink).Emit(event)
	}
}

// Last gives the service's newest record in the environment's repository, the
// zero Record when there is none. Services may share a repository, under tags
// of their own; only then are older records read as well.
func Last(ctx context.Context, reg Registry, repository, environment, service string) (registry.Record, error) {
	for _, limit := range []int{1, 0} {
		records, err := reg.History(ctx, repository, environment, limit)
		if err != nil {
			return registry.Record{}, err
		}
		for _, r := range records {
			if r.Service == service {
				return r, nil
			}
		}
	}
	return registry.Record{}, nil
}
