package promote

import (
	"context"
	"fmt"
	"strings"
)

// Requires is the gate that lets in only digests with passing evidence of
// suites.
type Requires struct {
	// Suites gives the suites that must have passed for a service.
	Suites func(service string) []string
	// Passed gives the suites with passing evidence for repository@digest.
	Passed func(ctx context.Context, image string) (map[string]bool, error)
}

var _ Gate = Requires{}

// Name is the key in the project file.
func (Requires) Name() string { return "requires" }

// Ask reads the evidence that the registry holds about this very digest.
func (r Requires) Ask(ctx context.Context, e Edge) (Verdict, error) {
	want := r.Suites(e.Service)
	if len(want) == 0 {
		return Verdict{Allowed: true, Reason: "no suite is required"}, nil
	}
	passed, err := r.Passed(ctx, e.From)
	if err != nil {
		return Verdict{}, err
	}
	var missing []string
	for _, suite := range want {
		if !passed[suite] {
			missing = append(missing, suite)
		}
	}
	if len(missing) == 0 {
		return Verdict{Allowed: true, Reason: "passed: " + strings.Join(want, ", ")}, nil
	}
	return Verdict{
		Reason: fmt.Sprintf("no passing evidence of %s for %s", strings.Join(missing, ", "), e.Digest()),
		Remedy: fmt.Sprintf("retort test %s && retort push %s", strings.Join(missing, " "), e.Service),
	}, nil
}
