package promote_test

import (
	"context"
	"errors"
	"testing"

	"github.com/retort-ci/retort/pkg/step/promote"
)

func TestSignedBy(t *testing.T) {
	errAway := errors.New("away")
	edge := promote.Edge{Service: "orders", From: "127.0.0.1:5000/orders@sha256:12"}
	for name, test := range map[string]struct {
		key    string
		found  []string
		err    error
		reason string
	}{
		"signed":      {key: "a.pub", reason: "provenance is signed by a.pub"},
		"nothing":     {reason: "no provenance of sha256:12 is signed by a.pub or b.pub: there is none"},
		"others":      {found: []string{"one, but not signed", "one, but forged"}, reason: "no provenance of sha256:12 is signed by a.pub or b.pub: there is one, but not signed; and one, but forged"},
		"cannot tell": {key: "a.pub", err: errAway},
	} {
		v, err := promote.SignedBy{
			Keys: []string{"a.pub", "b.pub"},
			Provenance: func(_ context.Context, image string) (string, []string, error) {
				if image != edge.From {
					t.Errorf("asked about %s", image)
				}
				return test.key, test.found, test.err
			},
		}.Ask(t.Context(), edge)
		if !errors.Is(err, test.err) || v.Reason != test.reason || v.Allowed != (test.key != "" && err == nil) {
			t.Errorf("%s: verdict is %+v, %v", name, v, err)
		}
		if err == nil && v.Allowed != (v.Remedy == "") {
			t.Errorf("%s: remedy is %q", name, v.Remedy)
		}
	}
}

// Evidence of a promoted digest is read where the environment keeps it, but
// attached where it was pushed: the way out leads from the one to the other.
func TestSignedByElsewhere(t *testing.T) {
	gate := promote.SignedBy{
		Keys:       []string{"a.pub"},
		Pushed:     func(service string) string { return "r/shop/" + service },
		Provenance: func(context.Context, string) (string, []string, error) { return "", nil, nil },
	}
	for from, want := range map[string]string{
		"r/shop/orders": "retort push orders --key FILE, where it was built",
		"r/prod/orders": "retort push orders --key FILE, where it was built, then there retort promote orders --to production, which brings it to r/prod/orders",
	} {
		v, err := gate.Ask(t.Context(), promote.Edge{Service: "orders", Environment: "production", From: from + "@sha256:12"})
		if err != nil || v.Allowed || v.Remedy != want {
			t.Errorf("from %s: %+v, %v", from, v, err)
		}
	}
}

// A refusal tells of evidence that is there and does not count, and the way out
// of each suite: those that passed unsigned, and those that did not.
func TestRequiresTellsWhatDoesNotCount(t *testing.T) {
	const sign = "retort push orders --key FILE, where it was tested"
	errAway := errors.New("away")
	for name, test := range map[string]struct {
		unsigned map[string]bool
		signed   bool
		err      error
		reason   string
		remedy   string
	}{
		"one of them": {
			map[string]bool{"e2e": true},
			true, nil,
			"no passing evidence of unit, e2e for sha256:12; that of e2e does not count: not signed",
			"retort test unit && retort push orders --key FILE\n" + sign,
		},
		"both": {
			map[string]bool{"e2e": true, "unit": true},
			true, nil,
			"no passing evidence of unit, e2e for sha256:12; that of unit does not count: not signed; that of e2e does not count: not signed",
			sign,
		},
		"none":          {nil, true, nil, "no passing evidence of unit, e2e for sha256:12", "retort test unit e2e && retort push orders --key FILE"},
		"without keys":  {nil, false, nil, "no passing evidence of unit, e2e for sha256:12", "retort test unit e2e && retort push orders"},
		"could not ask": {map[string]bool{"e2e": true}, true, errAway, "", ""},
	} {
		gate := promote.Requires{
			Suites: func(string) []string { return []string{"unit", "e2e"} },
			Passed: func(context.Context, string) (map[string]bool, error) { return map[string]bool{}, nil },
			Signed: test.signed,
			Uncounted: func(_ context.Context, _, suite string) (string, error) {
				if test.unsigned[suite] {
					return "not signed", test.err
				}
				return "", nil
			},
		}
		v, err := gate.Ask(t.Context(), promote.Edge{Service: "orders", From: "orders@sha256:12"})
		if !errors.Is(err, test.err) || v.Allowed || v.Reason != test.reason || v.Remedy != test.remedy {
			t.Errorf("%s: verdict is %+v, %v", name, v, err)
		}
	}
}
