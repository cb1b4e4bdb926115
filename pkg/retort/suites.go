package retort

import (
	"context"
	"fmt"

	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/state"
	"github.com/retort-ci/retort/pkg/step/test"
	"github.com/retort-ci/retort/pkg/structure"
)

// suitePlan is what is to be run and on which images.
type suitePlan struct {
	suites []plannedSuite
	images map[string]located // of every service that takes part, suites too
}

// plannedSuite is a suite, or a shard of it, that is ready to be run.
type plannedSuite struct {
	project.Service
	run        test.Suite // of containers; zero for structure checks
	checks     []structure.File
	beside     map[string]string // service to image ID
	verifies   map[string]string
	files      []string // those that its shards share out, nil: it has none
	image      string   // the suite's own; for structure checks the digest of their files
	definition string
	inputs     string
	shard      *state.Shard // nil: all of the suite
	division   division     // that the shard is of
	uncached   bool         // evidence of an earlier run does not stand for it
}

// key is the suite's place in the state: that of a shard is its own.
func (s plannedSuite) key() string {
	if s.shard == nil {
		return s.Name
	}
	return fmt.Sprintf("%s %d/%d", s.Name, s.shard.Index, s.shard.Total)
}

// planSuites finds or makes every image first, so that no suite begins before
// all can run.
func (p *Pipeline) planSuites(ctx context.Context, eng Engine, suites []project.Service, opts TestOptions, past *pastRuns) (suitePlan, error) {
	plan := suitePlan{images: map[string]located{}}
	closures := make([][]project.Service, len(suites))
	var all []project.Service
	for i, s := range suites {
		closure, err := p.Project.Closure(s.Name)
		if err != nil {
			return plan, err
		}
		closures[i] = closure
		all = append(append(all, s), closure...)
		for _, name := range s.Suite.Verifies {
			verified, err := p.Project.Service(name)
			if err != nil {
				return plan, err
			}
			all = append(all, verified)
		}
	}
	if err := p.findImages(ctx, eng, all, plan.images); err != nil {
		return plan, err
	}
	for i, s := range suites {
		planned, err := p.planSuite(ctx, eng, s, closures[i], plan.images, opts, past)
		if err != nil {
			return plan, err
		}
		plan.suites = append(plan.suites, planned)
	}
	return plan, nil
}
