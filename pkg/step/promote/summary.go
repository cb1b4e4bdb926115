package promote

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
)

const (
	// verifier is who says so, in a record's verification summary.
	verifier = "https://github.com/retort-ci/retort"
	// environmentURN is what gates are asked by: an environment's policy.
	environmentURN = "urn:retort:environment:"
	// maxSaid is how many bytes of what a gate says are written down: a command
	// that is a gate may say anything.
	maxSaid = 1 << 10
)

// written is the record of a move, with the same as a verification summary for
// tools that know SLSA but not retort.
func written(m *Move, rec registry.Record) (registry.Record, error) {
	rec.Environment, rec.Service = m.Environment, m.Service
	rec.Digest, rec.Previous, rec.From = m.Digest(), m.Previous, m.From
	rec.Commit = cmp.Or(m.Commit, rec.Commit)
	rec.Action = cmp.Or(rec.Action, registry.Promote)
	rec.Verdicts = make([]registry.Verdict, len(m.Verdicts))
	for i, v := range m.Verdicts {
		rec.Verdicts[i] = registry.Verdict{Gate: v.Gate, Allowed: v.Allowed, Reason: clip(v.Reason), Remedy: clip(v.Remedy)}
	}
	statement, err := summary(m, rec).Statement()
	if err != nil {
		return rec, fault.Wrap(fault.Usage, fmt.Errorf("write down %s in %s: %w", m.Service, m.Environment, err),
			"look at the address of the CI build: it may hold no credentials")
	}
	rec.Statement = registry.Blob{MediaType: evidence.MediaType, Data: statement}
	return rec, nil
}

// summary is the record as SLSA's verification summary.
func summary(m *Move, rec registry.Record) evidence.Summary {
	s := evidence.Summary{
		Subjects: []evidence.Subject{{Name: m.Repository, Digest: rec.Digest}},
		Verifier: verifier, Time: rec.Time, Resource: m.To(),
		Policy: evidence.Document{URI: environmentURN + url.PathEscape(rec.Environment)},
		Passed: true,
		Promotion: evidence.Promotion{
			Environment: rec.Environment, Project: rec.Project, Service: rec.Service, Action: string(rec.Action),
			From: rec.From, Previous: rec.Previous, Actor: rec.Actor, Build: rec.Build, Override: rec.Override,
		},
	}
	for _, v := range rec.Verdicts {
		s.Promotion.Gates = append(s.Promotion.Gates, evidence.GateVerdict(v))
	}
	return s
}

// clip keeps the beginning of a text, as UTF-8.
func clip(text string) string {
	if len(text) > maxSaid {
		text = text[:maxSaid] + "…"
	}
	return strings.ToValidUTF8(text, "")
}

// writable says, before anything moves, whether it can be written down: what
// moved without a record could not be rolled back by it.
func writable(moves []Move, rec registry.Record) error {
	rec.Time = cmp.Or(rec.Time, time.Unix(0, 0))
	return each(moves, func(m *Move) error {
		_, err := written(m, rec)
		return err
	})
}
