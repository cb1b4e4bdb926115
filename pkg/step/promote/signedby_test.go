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

// A refusal tells of evidence that is there and does not count.
func TestRequiresTellsWhatDoesNotCount(t *testing.T) {
	errAway := errors.New("away")
	gate := promote.Requires{
		Suites: func(string) []string { return []string{"unit", "e2e"} },
		Passed: func(context.Context, string) (map[string]bool, error) { return map[string]bool{}, nil },
	}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"one of them":   {nil, "no passing evidence of unit, e2e for sha256:12; that of e2e does not count: not signed"},
		"could not ask": {errAway, ""},
	} {
		gate.Uncounted = func(_ context.Context, _, suite string) (string, error) {
			if suite == "e2e" {
				return "not signed", test.err
			}
			return "", nil
		}
		v, err := gate.Ask(t.Context(), promote.Edge{Service: "orders", From: "orders@sha256:12"})
		if !errors.Is(err, test.err) || v.Allowed || v.Reason != test.want || err == nil && v.Remedy != "retort push orders --key FILE, where it was tested" {
			t.Errorf("%s: verdict is %+v, %v", name, v, err)
		}
	}
}
