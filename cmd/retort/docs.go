package main

import (
	"time"

	"github.com/retort-ci/retort/pkg/retort"
)

// The JSON documents of --output json and --result-file. Fields are only ever
// added to them.

type imageDoc struct {
	Service string   `json:"service"`
	Image   string   `json:"image,omitempty"`  // ID in the engine
	Digest  string   `json:"digest,omitempty"` // of the manifest in the registry
	Ref     string   `json:"ref,omitempty"`    // repository@digest
	Refs    []string `json:"refs,omitempty"`   // every name it was pushed under
	Steps   int      `json:"steps,omitempty"`
	Cached  int      `json:"cached,omitempty"`
	Seconds float64  `json:"seconds"`
}

type suiteDoc struct {
	Suite    string   `json:"suite"`
	Verdict  string   `json:"verdict"`
	ExitCode int      `json:"exitCode"`
	Reason   string   `json:"reason,omitempty"`
	Attempts int      `json:"attempts,omitempty"`
	Cached   bool     `json:"cached"`
	Age      float64  `json:"age,omitempty"` // seconds since the run that stands for this one
	Cases    int      `json:"cases"`
	Failed   int      `json:"failed"`
	Flaky    int      `json:"flaky"`
	Reports  []string `json:"reports,omitempty"`
	Seconds  float64  `json:"seconds"`
}

type moveDoc struct {
	Service     string       `json:"service"`
	Environment string       `json:"environment"`
	From        string       `json:"from"`
	To          string       `json:"to"`
	Digest      string       `json:"digest"`
	Previous    string       `json:"previous,omitempty"`
	Moved       bool         `json:"moved"`
	Existed     bool         `json:"existed"`
	Verdicts    []verdictDoc `json:"verdicts,omitempty"`
	Seconds     float64      `json:"seconds"`
}

type verdictDoc struct {
	Gate    string `json:"gate"`
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason,omitempty"`
	Remedy  string `json:"remedy,omitempty"`
}

func buildDoc(r retort.BuildResult) any {
	images := make([]imageDoc, len(r.Images))
	for i, img := range r.Images {
		images[i] = imageDoc{
			Service: img.Service, Image: img.ID, Ref: img.Pushed,
			Steps: img.Steps, Cached: img.Cached, Seconds: seconds(img.Elapsed),
		}
	}
	return withSkipped(map[string]any{"images": images}, r.Skipped)
}

// withSkipped says why nothing was pushed, if that is so.
func withSkipped(doc map[string]any, why string) any {
	if why != "" {
		doc["skipped"] = why
	}
	return doc
}

func testDoc(r retort.TestResult) any {
	suites := make([]suiteDoc, len(r.Suites))
	for i, o := range r.Suites {
		age, cached := r.Cached[o.Suite]
		counts := o.Cases.Counts()
		suites[i] = suiteDoc{
			Suite: o.Suite, Verdict: string(o.Verdict), ExitCode: o.ExitCode, Reason: o.Reason, Attempts: o.Attempts,
			Cached: cached, Age: seconds(age), Cases: counts.Tests, Failed: counts.Bad(), Flaky: counts.Flaky,
			Reports: o.Reports, Seconds: seconds(o.Elapsed),
		}
	}
	return map[string]any{"suites": suites}
}

func pushDoc(r retort.PushResult) any {
	images := make([]imageDoc, len(r.Images))
	for i, img := range r.Images {
		images[i] = imageDoc{Service: img.Service, Digest: img.Digest, Ref: img.Ref(), Refs: img.Refs, Seconds: seconds(img.Elapsed)}
	}
	return withSkipped(map[string]any{"images": images}, r.Skipped)
}

func promoteDoc(r retort.PromoteResult) any {
	moves := make([]moveDoc, len(r.Moves))
	for i, m := range r.Moves {
		moves[i] = moveDoc{
			Service: m.Service, Environment: m.Environment, From: m.From, To: m.To(), Digest: m.Digest(),
			Previous: m.Previous, Moved: m.Moved, Existed: m.Existed, Seconds: seconds(m.Elapsed),
		}
		for _, v := range m.Verdicts {
			moves[i].Verdicts = append(moves[i].Verdicts, verdictDoc{Gate: v.Gate, Allowed: v.Allowed, Reason: v.Reason, Remedy: v.Remedy})
		}
	}
	doc := map[string]any{"environment": r.Environment, "moves": moves}
	if r.Override != "" {
		doc["override"] = r.Override
	}
	if len(r.Written) > 0 {
		doc["written"] = r.Written
	}
	return doc
}

type evidenceDoc struct {
	Type     string    `json:"type"`
	Of       string    `json:"of,omitempty"` // the suite, or the environment
	Verdict  string    `json:"verdict,omitempty"`
	Time     time.Time `json:"time,omitzero"`
	Build    string    `json:"build,omitempty"`
	Signed   bool      `json:"signed"`
	SignedBy string    `json:"signedBy,omitempty"`
	Problem  string    `json:"problem,omitempty"`
	Broken   bool      `json:"broken,omitempty"`
	Digest   string    `json:"digest,omitempty"`
}

type askedDoc struct {
	Environment string `json:"environment"`
	Service     string `json:"service"`
	verdictDoc
}

func verifyDoc(v retort.Verification) any {
	found := make([]evidenceDoc, len(v.Evidence))
	for i, e := range v.Evidence {
		found[i] = evidenceDoc(e)
	}
	asked := make([]askedDoc, len(v.Asked))
	for i, a := range v.Asked {
		asked[i] = askedDoc{a.Environment, a.Service, verdictDoc{Gate: a.Gate, Allowed: a.Allowed, Reason: a.Reason, Remedy: a.Remedy}}
	}
	return map[string]any{"ref": v.Ref, "evidence": found, "gates": asked}
}

func runDoc(r retort.RunResult) any {
	stages := map[string]float64{}
	for _, s := range r.Stages {
		stages[s.Name] = seconds(s.Elapsed)
	}
	promotions := make([]any, len(r.Promotions))
	for i, p := range r.Promotions {
		promotions[i] = promoteDoc(p)
	}
	return map[string]any{
		"build": buildDoc(r.Build), "test": testDoc(r.Test), "push": pushDoc(r.Push),
		"promotions": promotions, "seconds": stages,
	}
}

// seconds keeps milliseconds.
func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
