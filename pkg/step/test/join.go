package test

import (
	"fmt"
	"time"

	"github.com/retort-ci/retort/pkg/report"
)

// joinAttempts makes one outcome of a part's runs. One that failed before it
// passed is flaky, and so are its cases; each attempt that failed has one that
// did.
func joinAttempts(attempts []Outcome) Outcome {
	last := attempts[len(attempts)-1]
	last.Attempts = len(attempts)
	if len(attempts) == 1 {
		return last
	}
	first := attempts[0]
	last.Elapsed += last.Started.Sub(first.Started)
	last.Started = first.Started
	reruns := make([]report.Report, len(attempts)-1)
	for i, a := range attempts[1:] {
		reruns[i] = a.Cases
	}
	last.Cases = report.Merge(first.Cases, reruns...)
	switch last.Verdict {
	case Passed:
		last.Verdict, last.Reason = Flaky, fmt.Sprintf("passed on attempt %d; before: %s", len(attempts), first.Summary())
	default:
		last.Reason = fmt.Sprintf("%s, on each of %d attempts", last.why(), len(attempts))
	}
	return last
}

// joinShards makes one outcome of a suite's parts. The worst of them decides; a
// part without a verdict leaves the suite without one.
func joinShards(suite string, parts []Outcome) Outcome {
	if len(parts) == 1 {
		parts[0].Suite = suite
		return parts[0]
	}
	out := Outcome{Suite: suite, Verdict: Passed, Started: parts[0].Started}
	var end time.Time
	for _, p := range parts {
		if worse(p.Verdict, out.Verdict) {
			out.Verdict, out.ExitCode, out.Tail, out.Reason = p.Verdict, p.ExitCode, p.Tail, ""
			if p.Reason != "" || p.Verdict != Passed {
				out.Reason = p.Suite + ": " + p.why()
			}
		}
		out.Attempts = max(out.Attempts, p.Attempts)
		out.Reports = append(out.Reports, p.Reports...)
		out.Cases.Suites = append(out.Cases.Suites, p.Cases.Suites...)
		if p.Started.Before(out.Started) {
			out.Started = p.Started
		}
		if e := p.Started.Add(p.Elapsed); e.After(end) {
			end = e
		}
	}
	out.Elapsed = end.Sub(out.Started)
	return out
}

// worse ranks verdicts; none at all is the worst, since nothing is known then.
func worse(a, b Verdict) bool {
	rank := map[Verdict]int{Passed: 0, Flaky: 1, Failed: 2, TimedOut: 2, "": 3}
	return rank[a] > rank[b]
}
