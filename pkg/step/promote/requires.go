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
	// Uncounted says why evidence of a suite that is there does not count, and
	// nothing where there is none. It may be nil.
	Uncounted func(ctx context.Context, image, suite string) (string, error)
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
	v := Verdict{
		Reason: fmt.Sprintf("no passing evidence of %s for %s", strings.Join(missing, ", "), e.Digest()),
		Remedy: fmt.Sprintf("retort test %s && retort push %s", strings.Join(missing, " "), e.Service),
	}
	if err := r.addUncounted(ctx, e, missing, &v); err != nil {
		return Verdict{}, err
	}
	return v, nil
}

// addUncounted tells of evidence that is there, and that a key is what it lacks.
func (r Requires) addUncounted(ctx context.Context, e Edge, missing []string, v *Verdict) error {
	if r.Uncounted == nil {
		return nil
	}
	for _, suite := range missing {
		why, err := r.Uncounted(ctx, e.From, suite)
		if err != nil {
			return err
		}
		if why != "" {
			v.Reason += fmt.Sprintf("; that of %s does not count: %s", suite, why)
			v.Remedy = fmt.Sprintf("retort push %s --key FILE, where it was tested", e.Service)
		}
	}
	return nil
}
