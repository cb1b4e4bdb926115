package promote

import (
	"context"
	"errors"
	"time"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// bring copies the digest into the environment's repository without giving it
// a name there, so nothing is visible yet.
func bring(ctx context.Context, reg Registry, m *Move) error {
	now, err := reg.Resolve(ctx, m.To())
	switch {
	case errors.Is(err, registry.ErrNotFound):
	case err != nil:
		return err
	case now.Digest.String() == m.Digest():
		m.Existed = true
		return nil
	default:
		m.Previous = now.Digest.String()
	}
	_, err = reg.Copy(ctx, m.From, m.Repository+"@"+m.Digest())
	return err
}

// point gives the digest the environment's name and writes the record. An
// earlier promotion may have been killed between the two; so the record is made
// up for when the name is there without it.
func point(ctx context.Context, reg Registry, m *Move, opts Options) error {
	event := progress.Event{
		Kind: progress.TaskEnd, Stage: "promote", Subject: m.Service, Task: m.Environment,
		Status: progress.Done, Text: m.To() + "@" + m.Digest(),
	}
	begun := time.Now()
	if m.Existed {
		event.Status = progress.Skipped
	}
	if event.Err = enter(ctx, reg, m, opts.Record); event.Err != nil {
		event.Status = progress.Failed
	}
	event.Elapsed = m.Elapsed + time.Since(begun)
	progress.Or(opts.Progress).Emit(event)
	return event.Err
}

func enter(ctx context.Context, reg Registry, m *Move, rec registry.Record) error {
	if m.Existed {
		last, err := Last(ctx, reg, m.Repository, m.Environment, m.Service)
		if err != nil || last.Digest == m.Digest() {
			return err
		}
		m.Previous = last.Digest
	} else if _, err := reg.Copy(ctx, m.Repository+"@"+m.Digest(), m.To()); err != nil {
		return err
	}
	m.Moved = !m.Existed
	rec.Environment, rec.Service = m.Environment, m.Service
	rec.Digest, rec.Previous, rec.From = m.Digest(), m.Previous, m.From
	if rec.Action == "" {
		rec.Action = registry.Promote
	}
	_, err := reg.AppendRecord(ctx, m.Repository, rec)
	return err
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
