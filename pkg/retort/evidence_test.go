package retort

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/state"
)

// A verdict is bound to the digest of the very image that was tested.
func TestEvidence(t *testing.T) {
	b := newBench(t, "orders")
	img := image(t)
	config, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	subject := b.service("orders").Image + "@" + b.pushImage(t, img, b.service("orders").Image+":1")
	_, digest, _ := strings.Cut(subject, "@")
	suite := func(verdict state.Verdict, service, image string) state.Suite {
		return state.Suite{Verdict: verdict, Image: imageID, Verifies: map[string]string{service: image}}
	}
	run := state.Run{Suites: map[string]state.Suite{
		"unit":    suite(state.Passed, "orders", config.String()), // as Docker's classic store names images
		"e2e":     suite(state.Passed, "orders", digest),          // as a containerd store does
		"lint":    suite(state.Failed, "orders", config.String()),
		"slow":    suite(state.Timeout, "orders", config.String()),
		"stale":   suite(state.Passed, "orders", imageID),
		"foreign": suite(state.Passed, "billing", config.String()),
	}}
	for range 2 { // attaching again changes nothing
		if err := b.attachEvidence(t.Context(), run, "orders", subject); err != nil {
			t.Fatal(err)
		}
	}
	artifacts, err := b.registry.Referrers(t.Context(), subject, evidence.MediaType)
	if err != nil {
		t.Fatal(err)
	}
	if len(artifacts) != 4 {
		t.Errorf("the digest has %d statements, want 4", len(artifacts))
	}
	passed, err := (&witness{p: b.Pipeline}).passedSuites(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]bool{"unit": true, "e2e": true, "lint": false, "slow": false}; !maps.Equal(passed, want) {
		t.Errorf("passed are %v, want %v", passed, want)
	}
	if len(b.told.warnings) != 2 || !strings.Contains(b.told.warnings[0], "the verdict of stale is about another image") {
		t.Errorf("warnings are %q, want one about stale, each time", b.told.warnings)
	}
}

// What cannot be read, or is about another digest, proves nothing.
func TestEvidenceThatProvesNothing(t *testing.T) {
	b := newBench(t, "orders")
	repository := b.service("orders").Image
	subject := repository + "@" + b.push(t, repository+":1")
	about := evidence.TestResult{
		Subjects: []evidence.Subject{{Name: repository, Digest: b.push(t, repository+":2")}},
		Suite:    evidence.Subject{Name: "unit", Digest: imageID}, Passed: true,
	}
	elsewhere, err := about.Statement()
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{[]byte("{"), elsewhere} {
		_, err := b.registry.Attach(t.Context(), subject, registry.Artifact{Type: evidence.MediaType, MediaType: evidence.MediaType, Data: data})
		if err != nil {
			t.Fatal(err)
		}
	}
	passed, err := (&witness{p: b.Pipeline}).passedSuites(t.Context(), subject)
	if err != nil || len(passed) != 0 {
		t.Errorf("passed are %v (%v), want none", passed, err)
	}
	if len(b.told.warnings) != 2 {
		t.Errorf("warnings are %q, want one each", b.told.warnings)
	}
}

// The last run of a suite counts, in whatever order the registry lists them: a
// stricter run that fails takes back an earlier pass.
func TestLastRunCounts(t *testing.T) {
	b := newBench(t, "orders")
	subject := b.service("orders").Image + "@" + b.push(t, b.service("orders").Image+":1")
	_, digest, _ := strings.Cut(subject, "@")
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, ran := range []struct {
		verdict state.Verdict
		at      time.Time
		want    bool
	}{
		{state.Passed, noon, true},
		{state.Failed, noon.Add(time.Hour), false},
		{state.Passed, noon.Add(time.Minute), false}, // heard of late, but run before the failure
		{state.Passed, noon.Add(2 * time.Hour), true},
	} {
		run := state.Run{Suites: map[string]state.Suite{
			"unit": {Verdict: ran.verdict, Image: imageID, Verifies: map[string]string{"orders": digest}, Started: ran.at},
		}}
		if err := b.attachEvidence(t.Context(), run, "orders", subject); err != nil {
			t.Fatal(err)
		}
		passed, err := (&witness{p: b.Pipeline}).passedSuites(t.Context(), subject)
		if err != nil {
			t.Fatal(err)
		}
		if passed["unit"] != ran.want {
			t.Errorf("after one that %s at %s: passed is %v", ran.verdict, ran.at.Format(time.TimeOnly), passed["unit"])
		}
	}
}
