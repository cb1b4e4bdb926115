package retort

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/report"
	"github.com/retort-ci/retort/pkg/state"
)

// pastRuns knows how long suites took, from the evidence about an image that was
// pushed before: every agent reads the same there. Evidence about this commit's
// own image would not do, since other agents add to it while this one reads.
type pastRuns struct {
	p      *Pipeline
	proofs map[string][]proof // by reference
}

// pastRun is how a suite went.
type pastRun struct {
	took    time.Duration
	reports []report.Report
}

// of gives the last run of the suite that is known, and the zero one when none
// is.
func (r *pastRuns) of(ctx context.Context, s project.Service) (pastRun, error) {
	for _, service := range s.Suite.Verifies {
		verified, err := r.p.Project.Service(service)
		if err != nil {
			return pastRun{}, err
		}
		for _, ref := range r.p.pushedBefore(verified) {
			all, err := r.about(ctx, ref)
			if err != nil {
				return pastRun{}, err
			}
			if run, ok := lastRun(all, s.Name); ok {
				return run, nil
			}
		}
	}
	return pastRun{}, nil
}

// pushedBefore are the references under which an earlier image of the service
// may be: its branch, then its environments.
func (p *Pipeline) pushedBefore(s project.Service) []string {
	if s.Image == "" {
		return nil
	}
	var refs []string
	if p.CI.Branch != "" {
		refs = append(refs, s.Image+":"+refTag(p.CI.Branch))
	}
	for _, env := range p.Project.Environments {
		if repository, tag, err := env.Target(s, p.Project.Name); err == nil {
			refs = append(refs, repository+":"+tag)
		}
	}
	return refs
}

// about reads what the registry has about the image of a reference, once.
func (r *pastRuns) about(ctx context.Context, ref string) ([]proof, error) {
	if known, ok := r.proofs[ref]; ok {
		return known, nil
	}
	image, err := r.p.digestOf(ctx, ref)
	var all []proof
	if err == nil {
		all, err = r.p.proofs(ctx, "test", image, r.p.ownKey())
	}
	if err == nil {
		err = r.p.withReports(ctx, image, all)
	}
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		return nil, err
	}
	if r.proofs == nil {
		r.proofs = map[string][]proof{}
	}
	r.proofs[ref] = all
	return all, nil
}

// ownKey is whose test results stand for a run of now. Where this pipeline signs,
// its own alone: it is about to sign them anew, and must not sign what anyone who
// can write to the registry has left there.
func (p *Pipeline) ownKey() bundle.Keys {
	if p.opts.Signer == nil {
		return nil
	}
	return bundle.Keys{p.opts.Signer.Key()}
}

// mayNotSign says that this pipeline signs, and the verdict is not its own.
func (p *Pipeline) mayNotSign(suite state.Suite) bool { return p.opts.Signer != nil && suite.Heard }

// digestOf is repository@digest of a reference, which may be one already.
func (p *Pipeline) digestOf(ctx context.Context, ref string) (string, error) {
	if strings.Contains(ref, "@") {
		return ref, nil
	}
	desc, err := p.registry.Resolve(ctx, ref)
	if err != nil {
		return "", err
	}
	repository, _ := splitTag(ref)
	return repository + "@" + desc.Digest.String(), nil
}

// lastRun is the suite's last run among the proofs, the oldest first: one proof,
// or those of all shards of its division.
func lastRun(proofs []proof, suite string) (pastRun, bool) {
	last := map[unit]proof{}
	plan, found := "", false
	for _, pr := range proofs {
		if pr.Suite.Name == suite {
			last[unit{suite, pr.Shard}] = pr
			plan, found = pr.Shard.Plan, true
		}
	}
	var run pastRun
	for u, pr := range last {
		if u.shard.Plan != plan {
			continue
		}
		run.took += time.Duration(pr.seconds * float64(time.Second))
		// What cannot be read has no timings; the verdict is not of interest here.
		if r, err := report.Read(strings.NewReader(string(pr.junit)), maxEvidence); err == nil {
			run.reports = append(run.reports, r)
		}
	}
	return run, found
}
