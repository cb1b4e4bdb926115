package evidence

import (
	"errors"
	"fmt"
	"time"

	testresult "github.com/in-toto/attestation/go/predicates/test_result/v0"
	intoto "github.com/in-toto/attestation/go/v1"
)

// TestResultType is the predicate type of a TestResult
// (spec/predicates/test-result.md).
const TestResultType = "https://in-toto.io/attestation/test-result/v0.1"

// The results that a test-result predicate knows.
const (
	resultPassed = "PASSED"
	resultWarned = "WARNED"
	resultFailed = "FAILED"
)

// What an entry of a predicate's configuration is, said by its URI.
const (
	suiteURI      = "urn:retort:suite"
	serviceURI    = "urn:retort:service"
	definitionURI = "urn:retort:definition"
	inputsURI     = "urn:retort:inputs"
	shardURI      = "urn:retort:shard"
	reportsURI    = "urn:retort:reports"
)

// ranKey is an annotation of the suite's entry: when it ran. The predicate has
// no place for a time, and which of two verdicts is the later one must not rest
// on something that nobody signed.
const ranKey = "started"

// TestResult is the verdict of one suite about one or more images.
type TestResult struct {
	Subjects   []Subject // what was tested
	Suite      Subject   // the suite's name and the digest of its image
	Services   []Subject // images that ran beside it
	Definition string    // sha256 digest of the suite's definition, or empty
	Inputs     string    // sha256 digest of all that the verdict depends on, or empty
	Shard      Shard     // the part of the suite that was run; zero for all of it
	Passed     bool
	URL        string    // of the CI build, or empty
	Ran        time.Time // when the suite began, UTC; zero when it is not known
	Reports    string    // sha256 digest of its JUnit reports, or empty

	// Names of tests. Where none is given, the suite stands as its own only test.
	PassedTests []string
	WarnedTests []string // passed, but not at once: flaky ones
	FailedTests []string
}

// Shard is one of the parts that a suite was divided into.
type Shard struct {
	Index, Total int    // from 1; both 0: not divided
	Plan         string // sha256 digest of the division, the same for all its parts
}

// Statement gives the in-toto statement (spec v1, statement.md), as JSON whose
// bytes depend on the result alone. A result that contradicts itself, has no
// subject, or a digest that is none, is an error.
func (t TestResult) Statement() ([]byte, error) {
	if t.PassedTests == nil && t.WarnedTests == nil && t.FailedTests == nil {
		if t.Passed {
			t.PassedTests = []string{t.Suite.Name}
		} else {
			t.FailedTests = []string{t.Suite.Name}
		}
	}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("test result: %w", err)
	}
	configuration, err := t.configuration()
	if err != nil {
		return nil, fmt.Errorf("test result of suite %s: %w", t.Suite.Name, err)
	}
	data, err := statement(t.Subjects, TestResultType, &testresult.TestResult{
		Result: t.result(), Configuration: configuration, Url: t.URL,
		PassedTests: t.PassedTests, WarnedTests: t.WarnedTests, FailedTests: t.FailedTests,
	})
	if err != nil {
		return nil, fmt.Errorf("test result of suite %s: %w", t.Suite.Name, err)
	}
	return data, nil
}

func (t TestResult) result() string {
	switch {
	case !t.Passed:
		return resultFailed
	case len(t.WarnedTests) > 0:
		return resultWarned
	}
	return resultPassed
}

// configuration lists what the verdict depends on besides the subjects.
func (t TestResult) configuration() ([]*intoto.ResourceDescriptor, error) {
	suite, err := t.Suite.descriptor(suiteURI)
	if err != nil {
		return nil, err
	}
	if !t.Ran.IsZero() {
		if suite.Annotations, err = toStruct(map[string]string{ranKey: t.Ran.UTC().Format(time.RFC3339Nano)}); err != nil {
			return nil, err
		}
	}
	list := []*intoto.ResourceDescriptor{suite}
	for _, of := range []struct{ name, digest, uri string }{
		{t.Suite.Name, t.Definition, definitionURI},
		{t.Suite.Name, t.Inputs, inputsURI},
		{t.Shard.String(), t.Shard.Plan, shardURI},
		{t.Suite.Name, t.Reports, reportsURI},
	} {
		if of.digest == "" {
			continue
		}
		d, err := Subject{of.name, of.digest}.descriptor(of.uri)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	for _, s := range t.Services {
		d, err := s.descriptor(serviceURI)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// About is true when the digest is one of the subjects.
func (t TestResult) About(digest string) bool { return about(t.Subjects, digest) }

// check refuses what no honest suite says.
func (t TestResult) check() error {
	switch {
	case t.Suite.Name == "":
		return errors.New("it names no suite")
	case t.Passed && len(t.FailedTests) > 0:
		return fmt.Errorf("suite %s passed, but test %s failed", t.Suite.Name, t.FailedTests[0])
	}
	return t.Shard.check()
}
