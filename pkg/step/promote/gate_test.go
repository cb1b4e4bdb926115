package promote_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/step/promote"
)

// One refusal keeps every service out, and every refusal is told.
func TestRefusals(t *testing.T) {
	reg := open(t)
	orders, billing := reg.edge(t, "orders"), reg.edge(t, "billing")
	picky := gate{"picky", func(e promote.Edge) (promote.Verdict, error) {
		return promote.Verdict{Allowed: e.Service == "orders", Reason: "it is " + e.Service, Remedy: "rename it"}, nil
	}}
	closed := gate{"closed", func(promote.Edge) (promote.Verdict, error) {
		return promote.Verdict{Reason: "it is Friday"}, nil
	}}
	result := run(t, reg, []promote.Gate{picky, closed}, orders, billing)
	var told []string
	for _, v := range result.Refusals() {
		told = append(told, v.Service+" "+v.Gate+": "+v.Reason)
	}
	want := "orders closed: it is Friday; billing picky: it is billing; billing closed: it is Friday"
	if got := strings.Join(told, "; "); got != want {
		t.Errorf("refusals are\n%s, want\n%s", got, want)
	}
	for _, e := range []promote.Edge{orders, billing} {
		if got := reg.names(t, e.To()); got != "" {
			t.Errorf("%s entered although a gate refused", e.Service)
		}
	}
}

// A person's reason overrules refusals, and is kept; not those that no reason can
// mend, nor a gate that gave no answer.
func TestOverride(t *testing.T) {
	reg := open(t)
	refuse := func(final bool) gate {
		return gate{"closed", func(promote.Edge) (promote.Verdict, error) {
			return promote.Verdict{Reason: "it is Friday", Final: final}, nil
		}}
	}
	silent := gate{"silent", func(promote.Edge) (promote.Verdict, error) { return promote.Verdict{}, errors.New("away") }}
	allow := gate{"open", func(promote.Edge) (promote.Verdict, error) { return promote.Verdict{Allowed: true}, nil }}
	for name, test := range map[string]struct {
		gates    []promote.Gate
		override string
		dry      bool
		kept     string
		moved    bool
		fails    bool
	}{
		"a refusal":              {gates: []promote.Gate{refuse(false)}, override: "fire", kept: "fire", moved: true},
		"a dry run":              {gates: []promote.Gate{refuse(false)}, override: "fire", kept: "fire", dry: true},
		"no reason":              {gates: []promote.Gate{refuse(false)}},
		"nothing to overrule":    {gates: []promote.Gate{allow}, override: "fire", moved: true},
		"a final refusal":        {gates: []promote.Gate{refuse(false), refuse(true)}, override: "fire"},
		"a gate without answer":  {gates: []promote.Gate{refuse(false), silent}, override: "fire", fails: true},
		"no refusal, no reason":  {gates: []promote.Gate{allow}, moved: true},
		"a refusal beside a yes": {gates: []promote.Gate{allow, refuse(false)}, override: "fire", kept: "fire", moved: true},
	} {
		t.Run(name, func(t *testing.T) {
			edge := reg.edge(t, strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ",", ""))
			result, err := promote.Run(t.Context(), reg, promote.Options{
				Edges: []promote.Edge{edge}, Gates: test.gates, Override: test.override, DryRun: test.dry,
			})
			if (err != nil) != test.fails || result.Override != test.kept || result.Moves[0].Moved != test.moved {
				t.Errorf("override %q, moved %t, error %v", result.Override, result.Moves[0].Moved, err)
			}
			if got := reg.names(t, edge.To()) != ""; got != test.moved {
				t.Errorf("it is in the environment: %t, want %t", got, test.moved)
			}
		})
	}
}

// Twenty services do not wait for each other's answers from far away: this gate
// gives none before it was asked about all.
func TestGatesAreAskedAboutServicesAtOnce(t *testing.T) {
	reg := open(t)
	edges := []promote.Edge{reg.edge(t, "billing"), reg.edge(t, "orders"), reg.edge(t, "stock")}
	var unasked sync.WaitGroup
	unasked.Add(len(edges))
	gathering := gate{"gathering", func(e promote.Edge) (promote.Verdict, error) {
		unasked.Done()
		unasked.Wait()
		return promote.Verdict{Reason: "it is " + e.Service}, nil
	}}
	result := run(t, reg, []promote.Gate{gathering}, edges...)
	for i, v := range result.Refusals() {
		if want := "it is " + edges[i].Service; v.Reason != want || v.Service != edges[i].Service {
			t.Errorf("refusal %d is about %s: %s, want %s", i, v.Service, v.Reason, want)
		}
	}
	if got := len(result.Refusals()); got != len(edges) {
		t.Errorf("%d refusals, want %d", got, len(edges))
	}
}

// A gate that cannot tell stops the promotion, and the others are still asked.
func TestGateThatCannotTell(t *testing.T) {
	reg := open(t)
	edge := reg.edge(t, "orders")
	errAway := errors.New("away")
	asked := false
	_, err := promote.Run(t.Context(), reg, promote.Options{Edges: []promote.Edge{edge}, Gates: []promote.Gate{
		gate{"oracle", func(promote.Edge) (promote.Verdict, error) { return promote.Verdict{}, errAway }},
		gate{"other", func(promote.Edge) (promote.Verdict, error) {
			asked = true
			return promote.Verdict{Allowed: true}, nil
		}},
	}})
	if !errors.Is(err, errAway) || !strings.Contains(err.Error(), "gate oracle, orders to staging") {
		t.Errorf("error is %v", err)
	}
	if !asked {
		t.Error("the other gate was not asked")
	}
	if got := reg.names(t, edge.To()); got != "" {
		t.Errorf("%s entered", got)
	}
}

func TestAfter(t *testing.T) {
	reg := open(t)
	edge := reg.edge(t, "orders")
	after := promote.After{Registry: reg, Environment: "staging", Where: func(string) (string, string, error) {
		return edge.Repository, edge.Tag, nil
	}}
	ask := func() promote.Verdict {
		t.Helper()
		v, err := after.Ask(t.Context(), edge)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := ask(); v.Allowed || v.Remedy != "retort promote orders --to staging" || !strings.Contains(v.Reason, edge.Digest()) {
		t.Errorf("before staging: %+v", v)
	}
	run(t, reg, nil, edge)
	if v := ask(); !v.Allowed || !strings.HasPrefix(v.Reason, "it has been in staging for ") {
		t.Errorf("in staging: %+v", v)
	}
	run(t, reg, nil, reg.edge(t, "orders"))
	if v := ask(); !v.Allowed || !strings.HasPrefix(v.Reason, "it has been in staging for ") {
		t.Errorf("after staging went on: %+v", v)
	}
}

func TestAfterNowhere(t *testing.T) {
	errWhere := errors.New("no such service")
	after := promote.After{Where: func(string) (string, string, error) { return "", "", errWhere }}
	if v, err := after.Ask(t.Context(), promote.Edge{}); !errors.Is(err, errWhere) || v.Allowed {
		t.Errorf("gave %+v, %v", v, err)
	}
}

func TestRequires(t *testing.T) {
	errAway := errors.New("away")
	edge := promote.Edge{Service: "orders", From: "127.0.0.1:5000/orders@sha256:12"}
	for name, test := range map[string]struct {
		want    []string
		passed  map[string]bool
		err     error
		allowed bool
		reason  string
		remedy  string
	}{
		"none asked":   {allowed: true, reason: "no suite is required"},
		"all passed":   {want: []string{"e2e", "unit"}, passed: map[string]bool{"e2e": true, "unit": true, "lint": false}, allowed: true, reason: "passed: e2e, unit"},
		"one failed":   {want: []string{"e2e", "unit"}, passed: map[string]bool{"e2e": false, "unit": true}, reason: "no passing evidence of e2e for sha256:12", remedy: "retort test e2e && retort push orders"},
		"no evidence":  {want: []string{"e2e", "unit"}, reason: "no passing evidence of e2e, unit for sha256:12", remedy: "retort test e2e unit && retort push orders"},
		"cannot tell":  {want: []string{"unit"}, passed: map[string]bool{"unit": true}, err: errAway},
		"other suites": {want: []string{"unit"}, passed: map[string]bool{"lint": true}, reason: "no passing evidence of unit for sha256:12", remedy: "retort test unit && retort push orders"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := promote.Requires{
				Suites: func(string) []string { return test.want },
				Passed: func(_ context.Context, image string) (map[string]bool, error) {
					if image != edge.From {
						return nil, fmt.Errorf("asked about %s", image)
					}
					return test.passed, test.err
				},
			}.Ask(t.Context(), edge)
			if !errors.Is(err, test.err) {
				t.Fatalf("error is %v, want %v", err, test.err)
			}
			if v.Allowed != test.allowed || v.Reason != test.reason || v.Remedy != test.remedy {
				t.Errorf("verdict is %+v", v)
			}
		})
	}
}
