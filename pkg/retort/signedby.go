package retort

import (
	"context"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// signedBy is the gate of the witness's keys.
func (w *witness) signedBy() promote.Gate {
	return promote.SignedBy{Keys: keyNames(w.keys), Provenance: w.signer, Pushed: w.p.pushedTo}
}

// pushedTo is the repository that the service's image is pushed to.
func (p *Pipeline) pushedTo(service string) string {
	s, err := p.Project.Service(service)
	if err != nil {
		return ""
	}
	return s.Image
}

func keyNames(keys bundle.Keys) []string {
	var names []string
	for _, k := range keys {
		names = append(names, k.Name)
	}
	return slices.Compact(names) // a file may hold several
}

// signer is the key that signed a provenance about image, or else what there is.
func (w *witness) signer(ctx context.Context, image string) (key string, found []string, err error) {
	all, err := w.about(ctx, image)
	for _, a := range all {
		switch {
		case a.broken:
			found = append(found, "a statement that is broken: "+a.problem)
		case a.PredicateType != evidence.ProvenanceType:
		case a.problem != "":
			found = append(found, "one, but "+a.problem)
		default:
			if _, err := evidence.ParseProvenance(a.raw); err != nil {
				found = append(found, "one that cannot be read: "+err.Error())
				continue
			}
			return a.signer, nil, nil
		}
	}
	return "", found, err
}

// uncounted says why evidence of a suite does not count.
func (w *witness) uncounted(ctx context.Context, image, suite string) (string, error) {
	all, err := w.about(ctx, image)
	var why []string
	for _, a := range all {
		if a.problem == "" || a.broken || a.PredicateType != evidence.TestResultType {
			continue
		}
		if result, err := evidence.ParseTestResult(a.raw); err == nil && result.Suite.Name == suite {
			why = append(why, a.problem)
		}
	}
	slices.Sort(why)
	return strings.Join(slices.Compact(why), "; "), err
}
