package evidence

import (
	"fmt"
	"time"

	testresult "github.com/in-toto/attestation/go/predicates/test_result/v0"
	intoto "github.com/in-toto/attestation/go/v1"

	"github.com/retort-ci/retort/pkg/evidence/internal/stable"
)

// ParseTestResult reads a statement, and refuses one of another type, without
// a suite, or with a result that is not known or contradicts the tests it
// names: none of them proves that anything passed.
func ParseTestResult(data []byte) (TestResult, error) {
	s, err := parseOf(data, TestResultType)
	if err != nil {
		return TestResult{}, err
	}
	var predicate testresult.TestResult
	if err := stable.Unmarshal(s.Predicate, &predicate); err != nil {
		return TestResult{}, fmt.Errorf("reading test result: %w", err)
	}
	t := TestResult{
		Subjects: s.Subjects, URL: predicate.GetUrl(),
		PassedTests: predicate.GetPassedTests(),
		WarnedTests: predicate.GetWarnedTests(),
		FailedTests: predicate.GetFailedTests(),
	}
	switch predicate.GetResult() {
	case resultPassed, resultWarned:
		t.Passed = true
	case resultFailed:
	default:
		return TestResult{}, fmt.Errorf("reading test result: result is %q", predicate.GetResult())
	}
	if err := t.configure(&predicate); err != nil {
		return TestResult{}, fmt.Errorf("reading test result: %w", err)
	}
	if err := t.check(); err != nil {
		return TestResult{}, fmt.Errorf("reading test result: %w", err)
	}
	return t, nil
}

// configure reads the entries that we know among those that others may add.
func (t *TestResult) configure(predicate *testresult.TestResult) error {
	for _, d := range predicate.GetConfiguration() {
		switch d.GetUri() {
		case suiteURI:
			if t.Suite.Name != "" {
				return fmt.Errorf("it names two suites, %s and %s", t.Suite.Name, d.GetName())
			}
			t.Suite = subjectOf(d)
			var err error
			if t.Ran, err = ran(d); err != nil {
				return err
			}
		case definitionURI:
			t.Definition = subjectOf(d).Digest
		case inputsURI:
			t.Inputs = subjectOf(d).Digest
		case shardURI:
			shard, err := parseShard(subjectOf(d))
			if err != nil {
				return err
			}
			t.Shard = shard
		case reportsURI:
			t.Reports = subjectOf(d).Digest
		case serviceURI:
			t.Services = append(t.Services, subjectOf(d))
		}
	}
	return nil
}

// ran is when the suite of the entry began. Statements of other tools do not say.
func ran(suite *intoto.ResourceDescriptor) (time.Time, error) {
	text := suite.GetAnnotations().GetFields()[ranKey].GetStringValue()
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("suite %s ran at %q, which is no time", suite.GetName(), text)
	}
	return at.UTC(), nil
}
