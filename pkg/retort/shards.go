package retort

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/balance"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/state"
	"github.com/retort-ci/retort/pkg/step/test"
)

// Shard is an agent's part of the tests, when several share them. The zero value
// is all of them.
type Shard struct{ Index, Total int } // Index from 1

// check refuses a part of nothing.
func (s Shard) check() error {
	if s == (Shard{}) || s.Index >= 1 && s.Index <= s.Total && s.Total <= evidence.MaxShards {
		return nil
	}
	return fault.New(fault.Usage, fmt.Sprintf("the parts of five agents are 1/5 to 5/5; there may be %d agents", evidence.MaxShards),
		"there is no shard %d/%d", s.Index, s.Total)
}

// divisible is true for a suite of which each agent runs a part. Of the others
// each runs some.
func divisible(s project.Service) bool { return s.Suite.Shards > 0 || len(s.Suite.Split) > 0 }

// share gives the suites that are this agent's to run, whole or in part. Suites
// that cannot be divided are shared out by how long they took last time.
func (p *Pipeline) share(ctx context.Context, suites []project.Service, one Shard, past *pastRuns) ([]project.Service, error) {
	if one == (Shard{}) {
		return suites, nil
	}
	var items []balance.Item
	for _, s := range suites {
		if divisible(s) {
			continue
		}
		last, err := past.of(ctx, s)
		if err != nil {
			return nil, err
		}
		items = append(items, balance.Item{Name: s.Name, Weight: last.took})
	}
	mine := balance.Split(items, one.Total)[one.Index-1]
	var ours []project.Service
	for _, s := range suites {
		if divisible(s) || slices.Contains(mine, s.Name) {
			ours = append(ours, s)
			continue
		}
		p.note("test", s.Name, "is left to another shard")
	}
	return ours, nil
}

// divide says in which parts this run takes the suite: all of those that the
// file asks for, or the one that is this agent's.
func (p *Pipeline) divide(ctx context.Context, s *plannedSuite, one Shard, past *pastRuns) error {
	if !divisible(s.Service) {
		return nil
	}
	var err error
	if s.files, err = p.splitFiles(s.Service); err != nil {
		return err
	}
	total := s.Suite.Shards
	switch {
	case one.Total > 0:
		total = one.Total
	case s.files != nil:
		total = min(total, len(s.files)) // no container for nothing
	}
	all, err := p.parts(ctx, s, max(total, 1), one, past)
	if err != nil {
		return err
	}
	switch {
	case one.Total > 0:
		s.run.Shards = all[one.Index-1 : one.Index]
		s.shard = &state.Shard{Index: one.Index, Total: one.Total}
		s.division = division{Source: p.CI.CandidateTag(), Parts: all}
	case len(all) == 1: // as a whole
		s.run.Container.Env = append(s.run.Container.Env, all[0].Environ()...)
	default:
		s.run.Shards = all
	}
	return nil
}

// division is what the shards of all agents must be parts of, or tests could be
// run by none of them: cut from the same source, in the same way, for the same
// definition of the suite.
type division struct {
	Definition string
	Source     string // the candidate's tag
	Parts      []test.Shard
}

// parts are all shards of the suite. Agents that divide it by the same timings
// come to the same parts; whether they have done so stands in their evidence.
func (p *Pipeline) parts(ctx context.Context, s *plannedSuite, total int, one Shard, past *pastRuns) ([]test.Shard, error) {
	all := make([]test.Shard, total)
	for i := range all {
		all[i] = test.Shard{Index: i + 1, Total: total}
	}
	if s.files == nil || total == 1 {
		all[0].Files = s.files
		return all, nil
	}
	last, err := past.of(ctx, s.Service)
	if err != nil && one.Total > 0 {
		return nil, fmt.Errorf("timings of %s: %w", s.Name, err)
	}
	if err != nil { // on one machine any division will do
		p.warn("test", s.Name, fmt.Sprintf("shards are not balanced by earlier timings: %v", err))
	}
	took := map[string]time.Duration{}
	for _, r := range last.reports {
		for file, d := range r.Timings(s.files) {
			took[file] += d
		}
	}
	items := make([]balance.Item, len(s.files))
	for i, file := range s.files {
		items[i] = balance.Item{Name: file, Weight: took[file]}
	}
	for i, files := range balance.Split(items, total) {
		all[i].Files = append([]string{}, files...) // none is not "whatever you like"
	}
	return all, nil
}
