package retort

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/state"
)

// requireTested refuses images that have not passed every suite that verifies
// them: a script whose line for the tests failed may well go on to the next one.
func (p *Pipeline) requireTested(ctx context.Context, images []outgoing) error {
	run, _ := p.remembered() // what is wrong with it was told where the images were looked for
	var reasons, suites, services []string
	for _, img := range images {
		stands, err := p.stands(ctx, run, img)
		if err != nil {
			return err
		}
		for _, suite := range p.Project.SuitesFor(img.service.Name) {
			passed, ran := stands[suite.Name]
			if passed {
				continue
			}
			why := "did not run on this image"
			if ran {
				why = "did not pass on this image"
			}
			reasons = append(reasons, fmt.Sprintf("%s: %s %s", img.service.Name, suite.Name, why))
			suites, services = append(suites, suite.Name), append(services, img.service.Name)
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	slices.Sort(suites)
	return fault.New(fault.Policy,
		fmt.Sprintf("retort test %s && retort push %s; or retort push --untested", strings.Join(slices.Compact(suites), " "), strings.Join(slices.Compact(services), " ")),
		"push refused, nothing was sent: %s", strings.Join(reasons, "; "))
}

// stands says of every suite that is known to have run on the image whether it
// lets it pass: by this workspace's memory, and by the evidence that other
// agents left in the registry.
func (p *Pipeline) stands(ctx context.Context, run state.Run, img outgoing) (map[string]bool, error) {
	var all []proof
	if img.digest != "" {
		var err error
		all, err = p.proofs(ctx, "push", img.digest, nil)
		if err != nil && !errors.Is(err, registry.ErrNotFound) {
			return nil, fmt.Errorf("look for evidence of %s: %w", img.service.Name, err)
		}
	}
	for key, suite := range run.Suites {
		if tested, ok := suite.Verifies[img.service.Name]; ok && img.id != "" && tested == img.id {
			all = append(all, proof{TestResult: testResult(run, key, nil)})
		}
	}
	slices.SortStableFunc(all, func(a, b proof) int { return a.Ran.Compare(b.Ran) })
	return standing(all), nil
}
