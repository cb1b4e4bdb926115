package promote_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

func TestEnters(t *testing.T) {
	reg := open(t)
	first, second := reg.edge(t, "orders"), reg.edge(t, "billing")
	second.Repository, second.Tag = reg.addr+"/prod/billing", "live"
	result, err := promote.Run(t.Context(), reg, promote.Options{
		Edges:  []promote.Edge{first, second},
		Record: registry.Record{Project: "shop", Actor: "ann", Build: "https://ci.example.com/7", Commit: "c0ffee"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, edge := range []promote.Edge{first, second} {
		move := result.Moves[i]
		if move.Edge != edge || !move.Moved || move.Existed || move.Previous != "" {
			t.Errorf("move %d is %+v", i, move)
		}
		if got := reg.names(t, edge.To()); got != edge.Digest() {
			t.Errorf("%s names %q, want %q", edge.To(), got, edge.Digest())
		}
		records := reg.records(t, edge)
		if len(records) != 1 {
			t.Fatalf("%s has %d records, want 1", edge.Service, len(records))
		}
		r := records[0]
		if r.Service != edge.Service || r.Digest != edge.Digest() || r.From != edge.From || r.Action != registry.Promote ||
			r.Project != "shop" || r.Actor != "ann" || r.Commit != "c0ffee" || r.Build != "https://ci.example.com/7" {
			t.Errorf("record is %+v", r)
		}
	}
}

func TestAgain(t *testing.T) {
	reg := open(t)
	edge := reg.edge(t, "orders")
	run(t, reg, nil, edge)
	move := run(t, reg, nil, edge).Moves[0]
	if move.Moved || !move.Existed {
		t.Errorf("the second time is %+v, want it there already", move)
	}
	if n := len(reg.records(t, edge)); n != 1 {
		t.Errorf("%d records, want 1", n)
	}
}

func TestReferrersGoAlongOrStay(t *testing.T) {
	reg := open(t)
	edge := reg.edge(t, "orders")
	evidence := registry.Artifact{Type: "application/vnd.example.evidence", MediaType: "text/plain", Data: []byte("passed")}
	if _, err := reg.Attach(t.Context(), edge.From, evidence); err != nil {
		t.Fatal(err)
	}
	for name, stay := range map[string]bool{"along": false, "stay": true} {
		edge.Repository = reg.addr + "/" + name + "/orders"
		if _, err := promote.Run(t.Context(), reg, promote.Options{Edges: []promote.Edge{edge}, NoReferrers: stay}); err != nil {
			t.Fatal(err)
		}
		found, err := reg.Referrers(t.Context(), edge.Repository+"@"+edge.Digest(), evidence.Type)
		if err != nil {
			t.Fatal(err)
		}
		if (len(found) == 0) != stay {
			t.Errorf("%s: %d pieces of evidence are in %s", name, len(found), edge.Repository)
		}
	}
}

// What was signed or tested after the promotion comes along with the next one.
func TestReferrersFollowWhatIsThere(t *testing.T) {
	reg := open(t)
	edge := reg.edge(t, "orders")
	edge.Repository = reg.addr + "/prod/orders"
	run(t, reg, nil, edge)
	evidence := registry.Artifact{Type: "application/vnd.example.evidence", MediaType: "text/plain", Data: []byte("passed")}
	if _, err := reg.Attach(t.Context(), edge.From, evidence); err != nil {
		t.Fatal(err)
	}
	for _, stay := range []bool{true, false} {
		result, err := promote.Run(t.Context(), reg, promote.Options{Edges: []promote.Edge{edge}, NoReferrers: stay})
		if err != nil || !result.Moves[0].Existed {
			t.Fatalf("%+v, %v", result, err)
		}
		found, err := reg.Referrers(t.Context(), edge.Repository+"@"+edge.Digest(), evidence.Type)
		if err != nil || (len(found) == 0) != stay {
			t.Errorf("left behind %t: %d pieces of evidence are there, %v", stay, len(found), err)
		}
	}
	if n := len(reg.records(t, edge)); n != 1 {
		t.Errorf("%d records, want 1", n)
	}
}

// A promotion that was killed after the tag and before the record left none.
func TestRecordIsMadeUpFor(t *testing.T) {
	reg := open(t)
	before, edge := reg.edge(t, "orders"), reg.edge(t, "orders")
	run(t, reg, nil, before)
	if _, err := reg.Copy(t.Context(), edge.From, edge.To()); err != nil {
		t.Fatal(err)
	}
	if move := run(t, reg, nil, edge).Moves[0]; !move.Existed || move.Moved {
		t.Errorf("move is %+v", move)
	}
	records := reg.records(t, edge)
	if len(records) != 2 || records[0].Digest != edge.Digest() || records[0].Previous != before.Digest() {
		t.Errorf("records are %+v", records)
	}
}

func TestReplaces(t *testing.T) {
	reg := open(t)
	old, edge := reg.edge(t, "orders"), reg.edge(t, "orders")
	run(t, reg, nil, old)
	move := run(t, reg, nil, edge).Moves[0]
	if !move.Moved || move.Previous != old.Digest() {
		t.Errorf("move is %+v, want %s before it", move, old.Digest())
	}
	if r := reg.records(t, edge)[0]; r.Previous != old.Digest() {
		t.Errorf("record has %q before it, want %q", r.Previous, old.Digest())
	}
}

func TestDryRun(t *testing.T) {
	reg := open(t)
	edge := reg.edge(t, "orders")
	asked := 0
	result, err := promote.Run(t.Context(), reg, promote.Options{
		Edges: []promote.Edge{edge}, DryRun: true,
		Gates: []promote.Gate{gate{"count", func(promote.Edge) (promote.Verdict, error) {
			asked++
			return promote.Verdict{Allowed: true}, nil
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if move := result.Moves[0]; asked != 1 || move.Moved || move.Existed || move.Edge != edge {
		t.Errorf("asked %d times, move is %+v", asked, move)
	}
	if got := reg.names(t, edge.To()); got != "" {
		t.Errorf("a dry run moved %s to %s", got, edge.To())
	}
}

// A dry run tells what a real one would find: what would be replaced, and what is
// there already.
func TestDryRunLooks(t *testing.T) {
	reg := open(t)
	old, edge := reg.edge(t, "orders"), reg.edge(t, "orders")
	run(t, reg, nil, old)
	for _, test := range []struct {
		edge     promote.Edge
		previous string
		existed  bool
	}{{edge, old.Digest(), false}, {old, "", true}} {
		result, err := promote.Run(t.Context(), reg, promote.Options{Edges: []promote.Edge{test.edge}, DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		if m := result.Moves[0]; m.Moved || m.Previous != test.previous || m.Existed != test.existed {
			t.Errorf("move is %+v, want %q before it and existed %t", m, test.previous, test.existed)
		}
	}
}

// refusing is a registry that takes nothing into one repository.
type refusing struct {
	promote.Registry
	repository string
}

var errRefused = errors.New("refused")

func (r refusing) Stage(ctx context.Context, from, repository string, opts registry.StageOptions) (registry.Staged, error) {
	if strings.HasPrefix(repository, r.repository) {
		return registry.Staged{}, errRefused
	}
	return r.Registry.Stage(ctx, from, repository, opts)
}

// What cannot be brought to its repository keeps the others from becoming
// visible in theirs.
func TestNothingIsSeenUntilAllIsThere(t *testing.T) {
	reg := open(t)
	good, bad := reg.edge(t, "orders"), reg.edge(t, "billing")
	bad.Repository = reg.addr + "/closed"
	result, err := promote.Run(t.Context(), refusing{reg, bad.Repository}, promote.Options{Edges: []promote.Edge{good, bad}})
	if !errors.Is(err, errRefused) || !strings.Contains(err.Error(), "billing to staging") {
		t.Errorf("error is %v, want it to name the service", err)
	}
	for _, move := range result.Moves {
		if move.Moved {
			t.Errorf("%s moved", move.Service)
		}
	}
	if got := reg.names(t, good.To()); got != "" {
		t.Errorf("%s names %s", good.To(), got)
	}
}

func TestProgress(t *testing.T) {
	reg := open(t)
	edge := reg.edge(t, "orders")
	for _, want := range []progress.Status{progress.Done, progress.Skipped} {
		var told []progress.Event
		sink := progress.Func(func(e progress.Event) { told = append(told, e) })
		if _, err := promote.Run(t.Context(), reg, promote.Options{Edges: []promote.Edge{edge}, Progress: sink}); err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || told[0].Kind != progress.TaskEnd || told[0].Subject != "orders" || told[0].Task != "staging" || told[0].Status != want {
			t.Errorf("told %+v, want the end of staging: %s", told, want)
		}
	}
}
