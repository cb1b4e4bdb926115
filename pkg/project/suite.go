package project

import "strings"

// suiteKeys are those of a service's x-retort section, structure aside.
func suiteKeys() []string {
	return []string{
		"verifies", "reports", "reports-required", "timeout", "retries",
		"shards", "split", "cache", "max-age",
	}
}

// section reads a service's x-retort section: that of a suite, or, where it
// verifies nothing else, the checks of the service's own image.
func (v value) section() (suite *Suite, structure []string) {
	noted := len(v.report.findings)
	fields := v.fields(append(suiteKeys(), "structure")...)
	checks := fields["structure"]
	if fields["verifies"].raw == nil && checks.raw != nil {
		return nil, checks.structure(fields)
	}
	if checks.raw != nil {
		v.report.hint("move it to the x-retort section of that service", checks.at,
			"%s: structure checks belong to the service whose image they check", strings.Join(checks.path, "."))
	}
	suite = suiteOf(fields)
	// Were something else wrong, the names could stand behind a wrong key.
	if len(suite.Verifies) == 0 && len(v.report.findings) == noted {
		v.report.hint("name services that are built here: verifies: [orders]; "+
			"or files of checks on the service's own image: structure: checks.yaml", fields["verifies"].at,
			"%s: a suite must verify at least one service", strings.Join(v.path, "."))
	}
	return suite, nil
}

func suiteOf(fields map[string]value) *Suite {
	s := &Suite{
		Verifies:        fields["verifies"].texts(),
		ReportsRequired: fields["reports-required"].boolean(false),
		Timeout:         fields["timeout"].duration(DefaultTimeout),
		Retries:         fields["retries"].whole(0, 10),
		Shards:          fields["shards"].whole(1, 100),
		NoCache:         !fields["cache"].boolean(true),
		MaxAge:          fields["max-age"].duration(0),
	}
	for _, item := range fields["reports"].items() {
		item.reports(s)
	}
	for _, item := range fields["split"].oneOrMore() {
		if glob, ok := item.splitGlob(); ok {
			s.Split = append(s.Split, glob)
		}
	}
	return s
}

// GoTestOutput among a suite's reports is what its container prints, as go test
// -json does.
const GoTestOutput = "stdout:gotest"

// reports takes over one item of a suite's reports.
func (v value) reports(s *Suite) {
	switch text := v.text(); {
	case text == GoTestOutput:
		s.GoTest = true
	case strings.HasPrefix(text, "stdout:"):
		v.fail("%q is not known; what retort reads off a suite's output is %s", text, GoTestOutput)
	case v.isReportGlob(text):
		s.Reports = append(s.Reports, text)
	}
}
