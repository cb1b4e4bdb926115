package retort

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/state"
)

// attachEvidence binds the verdicts of the suites that verified the service to
// its digest, as referrers of image (repository@digest). Attaching one again
// changes nothing.
func (p *Pipeline) attachEvidence(ctx context.Context, run state.Run, service, image string) error {
	for _, name := range slices.Sorted(maps.Keys(run.Suites)) {
		suite := run.Suites[name]
		tested, ok := suite.Verifies[service]
		if !ok {
			continue
		}
		same, err := p.isImage(ctx, image, tested)
		if err != nil {
			return err
		}
		if !same {
			p.warn("push", service, fmt.Sprintf("the verdict of %s is about another image (%s) and is not attached", name, tested))
			continue
		}
		if p.mayNotSign(suite) {
			p.warn("push", service, fmt.Sprintf("the verdict of %s is not signed: it is hearsay, of evidence that nobody signed; retort test --key runs the suite", name))
			continue
		}
		if err := p.attachVerdict(ctx, run, name, service, image); err != nil {
			return err
		}
	}
	return nil
}

// isImage is true when id, an engine's, is that of the image in the registry:
// its config's digest, or its own on a containerd image store.
func (p *Pipeline) isImage(ctx context.Context, image, id string) (bool, error) {
	if strings.HasSuffix(image, "@"+id) {
		return true, nil
	}
	img, err := p.registry.Image(ctx, image, nil)
	if err != nil {
		return false, err
	}
	config, err := img.ConfigName()
	return config.String() == id, err
}

func (p *Pipeline) attachVerdict(ctx context.Context, run state.Run, key, service, image string) error {
	suite := run.Suites[key]
	junit := p.readEvidence(suite)
	result := testResult(run, key, p.subjects(run, suite, service, image))
	result.PassedTests, result.WarnedTests, result.FailedTests = testNames(junit)
	if result.Passed {
		result.FailedTests = nil // its exit code is the verdict, whatever its reports say
	}
	verdict := string(suite.Verdict)
	if suite.Flaky {
		verdict = flaky
		if len(result.WarnedTests) == 0 {
			result.WarnedTests = []string{result.Suite.Name}
		}
	}
	a := attachment{
		predicateType: evidence.TestResultType, made: suite.Started,
		annotations: map[string]string{
			suiteAnnotation: result.Suite.Name,
			verdictOf:       verdict,
			suiteSeconds:    strconv.FormatFloat(suite.Seconds, 'f', 3, 64),
		},
	}
	if junit != nil {
		result.Reports = sumOf(junit)
		a.reports = &registry.Blob{
			MediaType: junitType, Data: junit,
			Annotations: map[string]string{"org.opencontainers.image.title": evidenceName(key)},
		}
	}
	var err error
	if a.statement, err = result.Statement(); err != nil {
		return err
	}
	return p.attach(ctx, image, a)
}

// subjects are the images that the verdict is about: the one it is attached to
// first, then the others by the digests that registries know them by, or else by
// their image IDs.
func (p *Pipeline) subjects(run state.Run, suite state.Suite, service, image string) []evidence.Subject {
	repository, digest, _ := strings.Cut(image, "@")
	list := []evidence.Subject{{Name: repository, Digest: digest}}
	for _, other := range slices.Sorted(maps.Keys(suite.Verifies)) {
		if other == service {
			continue
		}
		s := evidence.Subject{Name: other, Digest: suite.Verifies[other]}
		if known := run.Services[other]; known.Digest != "" && known.Image == s.Digest {
			s.Digest = known.Digest
			if svc, err := p.Project.Service(other); err == nil && svc.Image != "" {
				s.Name = svc.Image
			}
		}
		list = append(list, s)
	}
	return list
}

// testResult is the statement of an entry of the state, less its tests.
func testResult(run state.Run, key string, subjects []evidence.Subject) evidence.TestResult {
	suite := run.Suites[key]
	r := evidence.TestResult{
		Subjects: subjects, Suite: evidence.Subject{Name: key, Digest: suite.Image},
		Definition: suite.Definition, Inputs: suite.Inputs,
		Passed: suite.Verdict == state.Passed, URL: suite.URL, Ran: suite.Started.UTC(),
	}
	if suite.Shard != nil {
		r.Suite.Name, r.Shard = suite.Suite, evidence.Shard(*suite.Shard)
	}
	for _, name := range slices.Sorted(maps.Keys(suite.Services)) {
		r.Services = append(r.Services, evidence.Subject{Name: name, Digest: suite.Services[name]})
	}
	return r
}
