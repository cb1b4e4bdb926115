package retort

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// voucher signs with the pipeline's key that digests are in environments.
type voucher struct {
	p   *Pipeline
	reg *registry.Client
}

var _ promote.Voucher = voucher{}

// voucher is nil where the pipeline signs nothing.
func (p *Pipeline) voucher(reg *registry.Client) promote.Voucher {
	if p.opts.Signer == nil {
		return nil
	}
	return voucher{p, reg}
}

// Vouched reads what this key has signed about the digest.
func (v voucher) Vouched(ctx context.Context, e promote.Edge, since time.Time) (bool, error) {
	times, _, err := v.p.vouched(ctx, e.Environment, e.Service, e.Repository+"@"+e.Digest(), v.p.ownKey())
	return slices.ContainsFunc(times, func(t time.Time) bool { return !t.Before(since) }), err
}

// Vouch attaches the statement as a bundle, which goes along with the digest like
// all evidence.
func (v voucher) Vouch(ctx context.Context, e promote.Edge, statement []byte) error {
	signed, err := v.p.opts.Signer.Sign(statement)
	if err != nil {
		return err
	}
	annotations := bundle.Annotations(evidence.SummaryType, time.Now())
	annotations[predicateType] = evidence.SummaryType
	_, err = v.reg.Attach(ctx, e.Repository+"@"+e.Digest(), registry.Artifact{
		Type: bundle.MediaType, MediaType: bundle.MediaType, Data: signed, Annotations: annotations,
	})
	return err
}

// vouched gives the times at which one of the keys signed that the service's image
// (repository@digest) is in the environment, and why what else says so does not
// count.
func (p *Pipeline) vouched(ctx context.Context, env, service, image string, keys bundle.Keys) (times []time.Time, others []string, err error) {
	all, err := p.attestations(ctx, image, keys)
	if err != nil {
		return nil, nil, err
	}
	repository, _, _ := cutDigest(image)
	for _, a := range all {
		if a.broken || a.PredicateType != evidence.SummaryType {
			continue
		}
		s, err := evidence.ParseSummary(a.raw)
		if err != nil || !s.Passed || s.Promotion.Environment != env || s.Promotion.Service != service {
			continue
		}
		problem := a.problem
		if problem == "" && !strings.HasPrefix(s.Resource, repository+":") {
			problem = fmt.Sprintf("it is about %s", s.Resource)
		}
		if problem == "" {
			times = append(times, s.Time)
			continue
		}
		others = append(others, problem)
	}
	return times, others, nil
}

// vouchedIn is vouched of an environment under the keys that another one names.
func (p *Pipeline) vouchedIn(before, env project.Environment) func(ctx context.Context, service, image string) ([]time.Time, []string, error) {
	if env.SignedBy == nil {
		return nil
	}
	return func(ctx context.Context, service, image string) ([]time.Time, []string, error) {
		return p.vouched(ctx, before.Name, service, image, env.SignedBy)
	}
}
