package retort

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/report"
	"github.com/retort-ci/retort/pkg/state"
	"github.com/retort-ci/retort/pkg/step/test"
)

// earlier is a run of a suite that stands for one of now.
type earlier struct {
	suite state.Suite
	junit []byte
	cases report.Report // what junit says
}

// earlierRun finds a passing run of exactly this suite on exactly these images:
// in the workspace, or as evidence in the registry. A failure never stands.
func (p *Pipeline) earlierRun(ctx context.Context, s plannedSuite, images map[string]located, past *pastRuns) (*earlier, error) {
	if s.uncached {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	found := p.inWorkspace(s)
	if found == nil {
		var err error
		if found, err = p.inEvidence(ctx, s, images, past); err != nil {
			return nil, err
		}
	}
	if found == nil || s.Suite.MaxAge > 0 && time.Since(found.suite.Started) > s.Suite.MaxAge {
		return nil, nil //nolint:nilnil // as above
	}
	return found, nil
}

func (p *Pipeline) inWorkspace(s plannedSuite) *earlier {
	run, err := p.remembered()
	if err != nil {
		return nil
	}
	known, ok := run.Suites[s.key()]
	if !ok || known.Inputs != s.inputs || known.Verdict != state.Passed || p.mayNotSign(known) {
		return nil
	}
	return p.earlier(s, known, p.readEvidence(known))
}

// earlier is the run, if its reports can be read: they are to be restored.
func (p *Pipeline) earlier(s plannedSuite, suite state.Suite, junit []byte) *earlier {
	if junit == nil {
		return nil
	}
	cases, err := report.Read(bytes.NewReader(junit), maxEvidence)
	if err != nil {
		p.warn("test", s.Name, fmt.Sprintf("it is run again: the reports of its earlier run are damaged: %v", err))
		return nil
	}
	return &earlier{suite, junit, cases}
}

// inEvidence looks at what the registry has about any of the images that the
// suite verifies. The last run with these inputs counts.
func (p *Pipeline) inEvidence(ctx context.Context, s plannedSuite, images map[string]located, past *pastRuns) (*earlier, error) {
	for _, service := range slices.Sorted(maps.Keys(s.verifies)) {
		image := images[service].digest
		if image == "" {
			continue
		}
		all, err := past.about(ctx, image)
		if err != nil {
			return nil, fmt.Errorf("look for evidence of %s: %w", s.Name, err)
		}
		var last *proof
		for i, pr := range all {
			if pr.Suite.Name == s.Name && pr.Inputs == s.inputs {
				last = &all[i]
			}
		}
		if last == nil || !last.Passed {
			continue
		}
		entry := s.stateOf(*last)
		entry.Heard = p.opts.Signer == nil // else it is under our own key
		if found := p.earlier(s, entry, last.junit); found != nil {
			return found, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none, and that is no error
}

// stateOf is the entry that the run would have left in this workspace.
func (s plannedSuite) stateOf(pr proof) state.Suite {
	entry := s.entry()
	entry.Verdict, entry.Flaky, entry.URL = state.Passed, pr.flaky, pr.URL
	entry.Started, entry.Seconds = pr.Ran, pr.seconds
	return entry
}

// restore gives the outcome that the run had, and puts its reports where a CI's
// report step looks for them.
func (p *Pipeline) restore(s plannedSuite, e *earlier) (test.Outcome, error) {
	out := test.Outcome{Suite: s.Name, Verdict: test.Passed, Cases: e.cases, Started: e.suite.Started}
	if e.suite.Flaky {
		out.Verdict = test.Flaky
	}
	dir := s.Name
	if s.shard != nil {
		dir += "/" + test.Shard{Index: s.shard.Index, Total: s.shard.Total}.Dir()
	}
	path, err := p.placeReport(dir, "retort.xml", e.junit)
	if err != nil {
		return out, err
	}
	out.Reports = []string{path}
	p.sink.Emit(progress.Event{
		Kind: progress.TaskEnd, Stage: "test", Subject: s.key(), Task: "suite", Status: progress.Cached,
		Text: fmt.Sprintf("%s %s ago", out.Verdict, age(time.Since(out.Started))),
	})
	return out, nil
}

// age is a duration as people say it of the past.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < 48*time.Hour:
		return d.Round(time.Minute).String()
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
