package promote_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// statementOf reads the summary beside the only record about the digest.
func (p place) statementOf(t *testing.T, e promote.Edge) evidence.Summary {
	t.Helper()
	found, err := p.Referrers(t.Context(), e.Repository+"@"+e.Digest(), registry.RecordType)
	if err != nil || len(found) != 1 || len(found[0].Extra) != 1 || found[0].Extra[0].MediaType != evidence.MediaType {
		t.Fatalf("records %+v, %v, want one with a statement", found, err)
	}
	s, err := evidence.ParseSummary(found[0].Extra[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The record says what the gates said, and so does a verification summary.
func TestWhatTheGatesSaidIsWrittenDown(t *testing.T) {
	reg := open(t)
	old, edge := reg.edge(t, "orders"), reg.edge(t, "orders")
	run(t, reg, nil, old)
	gates := []promote.Gate{
		gate{"after", func(promote.Edge) (promote.Verdict, error) {
			return promote.Verdict{Allowed: true, Reason: "it was there"}, nil
		}},
		gate{"exec", func(promote.Edge) (promote.Verdict, error) {
			return promote.Verdict{Reason: strings.Repeat("ü", 1000) + "\xff"}, nil
		}},
	}
	_, err := promote.Run(t.Context(), reg, promote.Options{Edges: []promote.Edge{edge}, Gates: gates, Override: "the registry burns", Record: registry.Record{
		Project: "shop", Actor: "ann", Build: "https://ci.example.com/7",
	}})
	if err != nil {
		t.Fatal(err)
	}
	rec := reg.records(t, edge)[0]
	if rec.Override != "the registry burns" || len(rec.Verdicts) != 2 ||
		rec.Verdicts[0] != (registry.Verdict{Gate: "after", Allowed: true, Reason: "it was there"}) ||
		rec.Verdicts[1].Reason != strings.Repeat("ü", 512)+"…" {
		t.Errorf("record is %+v", rec)
	}
	s := reg.statementOf(t, edge)
	want := evidence.Promotion{
		Environment: "staging", Project: "shop", Service: "orders", Action: "promote", From: edge.From, Previous: old.Digest(),
		Actor: "ann", Build: "https://ci.example.com/7", Override: "the registry burns",
		Gates: []evidence.GateVerdict{evidence.GateVerdict(rec.Verdicts[0]), evidence.GateVerdict(rec.Verdicts[1])},
	}
	if !reflect.DeepEqual(s.Promotion, want) {
		t.Errorf("promotion is %+v, want %+v", s.Promotion, want)
	}
	if !s.Passed || !s.About(edge.Digest()) || s.Resource != edge.To() || !s.Time.Equal(rec.Time) || s.Policy.URI != "urn:retort:environment:staging" {
		t.Errorf("summary is %+v", s)
	}
}

// What could not be written down is found out before anything moves.
func TestWhatCannotBeWrittenDownDoesNotMove(t *testing.T) {
	reg := open(t)
	edge := reg.edge(t, "orders")
	_, err := promote.Run(t.Context(), reg, promote.Options{
		Edges: []promote.Edge{edge}, Record: registry.Record{Build: "https://ann:secret@ci.example.com/7", Time: time.Now()},
	})
	if fault.SideOf(err) != fault.Usage || strings.Contains(err.Error(), "secret") {
		t.Errorf("error is %v", err)
	}
	if got := reg.names(t, edge.To()); got != "" {
		t.Errorf("%s names %s", edge.To(), got)
	}
}
