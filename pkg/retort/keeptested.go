package retort

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/internal/grace"
	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/state"
	"github.com/retort-ci/retort/pkg/step/test"
)

// keepTested writes the verdicts down and binds them to the digests that
// registries have already; for the others push does it. kept has the entries of
// runs that stand for one of now. A suite that came to no verdict loses the one
// it had: it must not speak for this run.
func (p *Pipeline) keepTested(ctx context.Context, plan suitePlan, outcomes []test.Outcome, kept []state.Suite) error {
	entries := make([]state.Suite, len(plan.suites))
	for i, s := range plan.suites {
		if outcomes[i].Verdict == "" {
			continue
		}
		var err error
		if entries[i], err = p.entryOf(s, outcomes[i], kept[i]); err != nil {
			return err
		}
	}
	writing, cancel := grace.Outlive(ctx, time.Second)
	defer cancel()
	run, err := p.keep(writing, func(r *state.Run) {
		for i, s := range plan.suites {
			if entries[i].Verdict == "" {
				delete(r.Suites, s.key())
				continue
			}
			r.Suites[s.key()] = entries[i]
		}
	})
	if err != nil || ctx.Err() != nil {
		return err
	}
	var errs *multierror.Error
	for service, l := range plan.images {
		if l.digest != "" {
			if err := p.attachEvidence(ctx, run, service, l.digest); err != nil {
				errs = multierror.Append(errs, fmt.Errorf("attach evidence to %s: %w", l.digest, err))
			}
		}
	}
	return many.Errors(errs)
}

// entryOf is what the state says of a suite that has come to a verdict: of a run
// now, or of the earlier one that stands for it.
func (p *Pipeline) entryOf(s plannedSuite, o test.Outcome, kept state.Suite) (state.Suite, error) {
	entry := s.entry()
	entry.Verdict, entry.Flaky, entry.ExitCode = verdict(o.Verdict), o.Verdict == test.Flaky, o.ExitCode
	entry.Started, entry.Seconds, entry.URL = o.Started.UTC(), o.Elapsed.Seconds(), p.CI.URL
	if kept.Verdict != "" {
		entry.Started, entry.Seconds, entry.URL, entry.Heard = kept.Started, kept.Seconds, kept.URL, kept.Heard
	}
	for _, path := range o.Reports {
		if rel, err := filepath.Rel(p.Project.Dir, path); err == nil {
			entry.Reports = append(entry.Reports, filepath.ToSlash(rel))
		}
	}
	var err error
	entry.Evidence, err = p.keepEvidence(s.key(), o.Cases)
	return entry, err
}

// entry is what the plan says of the suite.
func (s plannedSuite) entry() state.Suite {
	e := state.Suite{
		Image: s.image, Verifies: s.verifies, Services: map[string]string{},
		Definition: s.definition, Inputs: s.inputs, Shard: s.shard,
	}
	for name, image := range s.beside {
		if _, verified := s.verifies[name]; !verified {
			e.Services[name] = image
		}
	}
	if s.shard != nil {
		e.Suite = s.Name
	}
	return e
}

// verdict is v as the state writes it down.
func verdict(v test.Verdict) state.Verdict {
	switch v {
	case test.Passed, test.Flaky:
		return state.Passed
	case test.TimedOut:
		return state.Timeout
	case test.Failed:
	}
	return state.Failed
}
