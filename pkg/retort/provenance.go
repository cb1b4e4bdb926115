package retort

import (
	"context"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// builtFrom gives what an image (repository@digest) was built from, by each
// provenance of it that counts.
func (w *witness) builtFrom(ctx context.Context, image string) ([]promote.Built, error) {
	all, err := w.about(ctx, image)
	var builds []promote.Built
	for _, a := range all {
		if a.problem != "" || a.PredicateType != evidence.ProvenanceType {
			continue
		}
		found, err := evidence.ParseProvenance(a.raw)
		if err != nil {
			w.p.leaveOut("promote", a, err.Error())
			continue
		}
		builds = append(builds, promote.Built{Branch: found.Source.Branch, Tag: found.Source.Tag, Modified: found.Source.Modified})
	}
	return builds, err
}
