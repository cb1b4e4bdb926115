package promote

import (
	"context"
	"fmt"
	"slices"
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
	Signed    bool // only what a key signed counts
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
	v := Verdict{Reason: fmt.Sprintf("no passing evidence of %s for %s", strings.Join(missing, ", "), e.Digest())}
	unsigned, err := r.addUncounted(ctx, e, missing, &v)
	if err != nil {
		return Verdict{}, err
	}
	v.Remedy = r.remedy(e, missing, unsigned)
	return v, nil
}

// addUncounted tells of evidence that is there, and gives its suites: a key is
// what it lacks.
func (r Requires) addUncounted(ctx context.Context, e Edge, missing []string, v *Verdict) ([]string, error) {
	if r.Uncounted == nil {
		return nil, nil
	}
	var unsigned []string
	for _, suite := range missing {
		why, err := r.Uncounted(ctx, e.From, suite)
		if err != nil {
			return nil, err
		}
		if why != "" {
			v.Reason += fmt.Sprintf("; that of %s does not count: %s", suite, why)
			unsigned = append(unsigned, suite)
		}
	}
	return unsigned, nil
}

// remedy has a line for the suites that must run, and one for those that must be
// signed: neither would do for the others.
func (r Requires) remedy(e Edge, missing, unsigned []string) string {
	var lines []string
	untested := slices.DeleteFunc(slices.Clone(missing), func(suite string) bool { return slices.Contains(unsigned, suite) })
	if len(untested) > 0 {
		line := fmt.Sprintf("retort test %s && retort push %s", strings.Join(untested, " "), e.Service)
		if r.Signed { // else it would be refused once more
			line += " --key FILE"
		}
		lines = append(lines, line)
	}
	if len(unsigned) > 0 {
		lines = append(lines, fmt.Sprintf("retort push %s --key FILE, where it was tested", e.Service))
	}
	return strings.Join(lines, "\n")
}
