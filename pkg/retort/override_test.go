package retort

import (
	"errors"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/step/promote"
)

func TestMayOverride(t *testing.T) {
	for name, test := range map[string]struct {
		allowed bool
		reason  string
		side    fault.Side // 0: none
	}{
		"no reason, none taken":   {},
		"no reason":               {allowed: true},
		"a reason":                {allowed: true, reason: "fire"},
		"a reason that none asks": {reason: "fire", side: fault.Policy},
		"blanks":                  {allowed: true, reason: " \n", side: fault.Usage},
		"too long":                {allowed: true, reason: strings.Repeat("x", maxReason+1), side: fault.Usage},
		"not text":                {allowed: true, reason: "\xff", side: fault.Usage},
	} {
		err := mayOverride(project.Environment{Name: "production", Override: test.allowed}, test.reason)
		if (err != nil) != (test.side != 0) || err != nil && fault.SideOf(err) != test.side {
			t.Errorf("%s: %v on side %v", name, err, fault.SideOf(err))
		}
	}
}

// A gate that could not be asked does not hide what others refuse, nor the other
// way round.
func TestRefusalsBesideAGateThatCannotTell(t *testing.T) {
	away := fault.New(fault.Infrastructure, "again", "gate exec is away")
	r := PromoteResult{Environment: "production"}
	if err := r.beside(away); !errors.Is(err, away) || err.Error() != away.Error() {
		t.Errorf("without refusals: %v", err)
	}
	r.Moves = []promote.Move{{Verdicts: []promote.Verdict{{Gate: "freeze", Service: "orders", Reason: "r1", Remedy: "do a"}}}}
	if err := r.beside(nil); err != nil {
		t.Errorf("without an error: %v", err)
	}
	err := r.beside(away)
	if fault.SideOf(err) != fault.Infrastructure || fault.HintOf(err) != "do a\nagain" {
		t.Errorf("on side %v with the hint %q", fault.SideOf(err), fault.HintOf(err))
	}
	if want := "gate exec is away\nproduction refused, nothing was moved: orders: freeze: r1"; err.Error() != want {
		t.Errorf("error is %q, want %q", err, want)
	}
}

// Every refusal says what would satisfy it, each once, and an override is named
// where it would do.
func TestRefusals(t *testing.T) {
	verdicts := func(final bool) []promote.Verdict {
		return []promote.Verdict{
			{Gate: "after", Service: "orders", Reason: "r1", Remedy: "do a"},
			{Gate: "requires", Service: "orders", Allowed: true, Remedy: "do nothing"},
			{Gate: "freeze", Service: "orders", Reason: "r2", Remedy: "do b", Final: final},
			{Gate: "exec", Service: "orders", Reason: "r3", Remedy: "do b"},
		}
	}
	for name, test := range map[string]struct {
		overridable, final bool
		override           string
		hint               string
	}{
		"refused":          {hint: "do a\ndo b"},
		"may be overruled": {overridable: true, hint: "do a\ndo b\nor overrule: --override \"reason\""},
		"may not":          {overridable: true, final: true, hint: "do a\ndo b"},
		"overruled":        {overridable: true, override: "fire"},
	} {
		r := PromoteResult{Environment: "production", overridable: test.overridable}
		r.Override = test.override
		r.Moves = []promote.Move{{Verdicts: verdicts(test.final)}}
		err := r.Err()
		if (err == nil) != (test.override != "") || fault.HintOf(err) != test.hint {
			t.Errorf("%s: %v with the hint %q, want %q", name, err, fault.HintOf(err), test.hint)
		}
		if err != nil && err.Error() != "production refused, nothing was moved: orders: after: r1; orders: freeze: r2; orders: exec: r3" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
