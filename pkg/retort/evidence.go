package retort

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
		if err := p.attachVerdict(ctx, name, suite, image); err != nil {
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

func (p *Pipeline) attachVerdict(ctx context.Context, name string, suite state.Suite, image string) error {
	repository, digest, _ := strings.Cut(image, "@")
	result := evidence.TestResult{
		Subjects: []evidence.Subject{{Name: repository, Digest: digest}},
		Suite:    evidence.Subject{Name: name, Digest: suite.Image},
		Passed:   suite.Verdict == state.Passed,
		URL:      p.CI.URL,
	}
	statement, err := result.Statement()
	if err != nil {
		return err
	}
	_, err = p.registry.With("push", "").Attach(ctx, image, registry.Artifact{
		Type: evidence.MediaType, MediaType: evidence.MediaType, Data: statement,
		Annotations: map[string]string{
			"in-toto.io/predicate-type": evidence.TestResultType,
			"dev.retort.suite":          name,
			"dev.retort.verdict":        string(suite.Verdict),
			created:                     suite.Started.UTC().Format(time.RFC3339Nano),
		},
	})
	return err
}

// created is the annotation for when a suite ran (image-spec, annotations.md).
const created = "org.opencontainers.image.created"

// passedSuites reads the evidence that the registry holds about an image. The
// last run of a suite counts: a failure takes back an earlier pass. A statement
// that cannot be read, or is about something else, proves nothing.
func (p *Pipeline) passedSuites(ctx context.Context, image string) (map[string]bool, error) {
	_, digest, _ := strings.Cut(image, "@")
	artifacts, err := p.registry.Referrers(ctx, image, evidence.MediaType)
	if err != nil {
		return nil, err
	}
	passed, last := map[string]bool{}, map[string]time.Time{}
	for _, a := range artifacts {
		result, err := evidence.ParseTestResult(a.Data)
		if err != nil || !result.About(digest) {
			p.warn("promote", "", fmt.Sprintf("evidence %s is left out of account: not a test result about %s", a.Descriptor.Digest, digest))
			continue
		}
		name := result.Suite.Name
		ran, _ := time.Parse(time.RFC3339Nano, a.Annotations[created]) // one without counts as the oldest
		if _, known := passed[name]; !known || ran.After(last[name]) {
			passed[name], last[name] = result.Passed, ran
		}
	}
	return passed, nil
}
