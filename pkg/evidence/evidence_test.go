package evidence_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	intoto "github.com/in-toto/attestation/go/v1"

	"github.com/retort-ci/retort/pkg/evidence"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func digest(hex string) string { return "sha256:" + strings.Repeat(hex, 32) }

// full is a result with every field set.
func full() evidence.TestResult {
	return evidence.TestResult{
		Subjects: []evidence.Subject{
			{Name: "127.0.0.1:5000/shop/orders", Digest: digest("01")},
			{Name: "127.0.0.1:5000/shop/billing", Digest: digest("02")},
		},
		Suite:       evidence.Subject{Name: "e2e", Digest: digest("03")},
		Services:    []evidence.Subject{{Name: "broker", Digest: digest("04")}},
		Definition:  digest("05"),
		Inputs:      digest("06"),
		Shard:       evidence.Shard{Index: 2, Total: 5, Plan: digest("07")},
		Passed:      true,
		URL:         "https://jenkins.example.com/job/shop/42/?a=1&b=<2>",
		Ran:         time.Date(2026, 11, 24, 15, 41, 0, 5_000_000, time.UTC),
		Reports:     digest("08"),
		PassedTests: []string{"TestOrder", "TestBill/käse"},
		WarnedTests: []string{"TestFlaky"},
	}
}

func statement(t *testing.T, r evidence.TestResult) []byte {
	t.Helper()
	data, err := r.Statement()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestStatementFormat holds the bytes that go into registries: they are the
// same in every process, though protojson's are not.
func TestStatementFormat(t *testing.T) {
	const golden = "testdata/statement.json"
	got := statement(t, full())
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	read, err := evidence.ParseTestResult(got)
	if err != nil || !reflect.DeepEqual(read, full()) {
		t.Errorf("read back %+v, %v", read, err)
	}
}

func TestResults(t *testing.T) {
	tests := []struct {
		name   string
		change func(*evidence.TestResult)
		want   string // in the statement
		passed []string
		failed []string
	}{
		{"passed", func(r *evidence.TestResult) { r.WarnedTests = nil }, `"result":"PASSED"`, full().PassedTests, nil},
		{"warned", func(*evidence.TestResult) {}, `"result":"WARNED"`, full().PassedTests, nil},
		{
			"failed", func(r *evidence.TestResult) { r.Passed, r.FailedTests = false, []string{"TestX"} },
			`"result":"FAILED"`, full().PassedTests,
			[]string{"TestX"},
		},
		{
			"passed without names", func(r *evidence.TestResult) { r.PassedTests, r.WarnedTests = nil, nil },
			`"passedTests":["e2e"]`,
			[]string{"e2e"},
			nil,
		},
		{
			"failed without names", func(r *evidence.TestResult) { r.Passed, r.PassedTests, r.WarnedTests = false, nil, nil },
			`"failedTests":["e2e"]`, nil,
			[]string{"e2e"},
		},
		{
			"timed out after tests that passed", func(r *evidence.TestResult) { r.Passed, r.WarnedTests = false, nil },
			`"result":"FAILED"`, full().PassedTests, nil,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r := full()
			tc.change(&r)
			data := statement(t, r)
			if !bytes.Contains(data, []byte(tc.want)) {
				t.Errorf("%s does not say %s", data, tc.want)
			}
			got, err := evidence.ParseTestResult(data)
			if err != nil || got.Passed != r.Passed {
				t.Fatalf("read back passed %v, %v", got.Passed, err)
			}
			if !reflect.DeepEqual(got.PassedTests, tc.passed) || !reflect.DeepEqual(got.FailedTests, tc.failed) {
				t.Errorf("read back tests %v and %v", got.PassedTests, got.FailedTests)
			}
		})
	}
}

func TestStatementRefuses(t *testing.T) {
	tests := map[string]struct {
		change func(*evidence.TestResult)
		want   string
	}{
		"no subject":        {func(r *evidence.TestResult) { r.Subjects = nil }, "at least one subject"},
		"no suite":          {func(r *evidence.TestResult) { r.Suite.Name = "" }, "names no suite"},
		"a tag":             {func(r *evidence.TestResult) { r.Subjects[0].Digest = "latest" }, "not a sha256 digest"},
		"a short digest":    {func(r *evidence.TestResult) { r.Subjects[0].Digest = "sha256:01" }, "not a sha256 digest"},
		"upper case":        {func(r *evidence.TestResult) { r.Subjects[0].Digest = digest("AB") }, "not a sha256 digest"},
		"another algorithm": {func(r *evidence.TestResult) { r.Suite.Digest = "md5:" + strings.Repeat("0", 32) }, "not a sha256 digest"},
		"no definition":     {func(r *evidence.TestResult) { r.Definition = "compose.yaml" }, "not a sha256 digest"},
		"no service digest": {func(r *evidence.TestResult) { r.Services[0].Digest = "" }, "not a sha256 digest"},
		"a contradiction":   {func(r *evidence.TestResult) { r.FailedTests = []string{"TestX"} }, "test TestX failed"},
		"not UTF-8":         {func(r *evidence.TestResult) { r.URL = "\xff" }, "UTF-8"},
		"too much":          {func(r *evidence.TestResult) { r.URL = strings.Repeat("x", 5<<20) }, "too long"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := full()
			tc.change(&r)
			if data, err := r.Statement(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %.100s, %v, want an error with %q", data, err, tc.want)
			}
		})
	}
}

// TestParseRefuses changes one thing of a good statement.
func TestParseRefuses(t *testing.T) {
	good := string(statement(t, full()))
	tests := map[string]struct{ old, new, want string }{
		"an older statement type": {"Statement/v1", "Statement/v0.0", "statement type"},
		"another statement type":  {"https://in-toto.io/Statement/v1", "https://example.com/", "statement type"},
		"another predicate":       {"test-result/v0.1", "test-result/v0.2", "predicate type"},
		"no digest":               {`,"digest":{"sha256":"` + strings.Repeat("01", 32) + `"}`, "", "one digest required"},
		"a digest that is none":   {strings.Repeat("01", 32), "0101", "incorrect length"},
		"an unknown result":       {`"WARNED"`, `"passed"`, `result is "passed"`},
		"no result":               {`"result":"WARNED"`, `"outcome":"PASSED"`, `result is ""`},
		"a hidden failure":        {`"warnedTests":["TestFlaky"]`, `"failedTests":["TestFlaky"]`, "TestFlaky failed"},
		"no suite":                {"urn:retort:suite", "urn:example:suite", "names no suite"},
		"two suites":              {"urn:retort:service", "urn:retort:suite", "two suites, e2e and broker"},
		"a time that is none":     {`"started":"2026-`, `"started":"26-`, "which is no time"},
		"the wrong shape":         {`"passedTests":["TestOrder",`, `"passedTests":[7,`, "reading test result"},
		"a field twice":           {`"predicateType"`, `"_type":"x","predicateType"`, "duplicate field"},
		"a result twice":          {`"result":"WARNED"`, `"result":"WARNED","result":"PASSED"`, "duplicate"},
		"something behind":        {`"WARNED"`, `"WARNED"}}{"a":{"b":"c"`, "unexpected token"},
		"not JSON":                {"{", "<", "reading statement"},
		"more than one would say": {`"_type"`, strings.Repeat(" ", 4<<20) + `"_type"`, "at most"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, tc.old, tc.new, 1)
			if bad == good {
				t.Fatalf("%q is not in %s", tc.old, good)
			}
			if r, err := evidence.ParseTestResult([]byte(bad)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %+v, %v, want an error with %q", r, err, tc.want)
			}
		})
	}
	noSubject := `{"_type":"https://in-toto.io/Statement/v1","predicateType":"x","predicate":{}}`
	if _, err := evidence.Parse([]byte(noSubject)); !errors.Is(err, intoto.ErrSubjectRequired) {
		t.Errorf("got %v", err)
	}
}

func TestParseIgnoresWhatItDoesNotKnow(t *testing.T) {
	text := string(statement(t, full()))
	text = strings.Replace(text, `"result"`, `"shard":{"index":1},"result"`, 1)
	text = strings.Replace(text, `"_type"`, `"x-note":[1,null],"_type"`, 1)
	text = strings.Replace(text, `"configuration":[`, `"configuration":[{"uri":"https://example.com/a","colour":"red"},`, 1)
	got, err := evidence.ParseTestResult([]byte(text))
	if err != nil || !reflect.DeepEqual(got, full()) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// cosign writes statements of the version before.
func TestParseOlderStatement(t *testing.T) {
	text := strings.Replace(string(statement(t, full())), "Statement/v1", "Statement/v0.1", 1)
	if got, err := evidence.ParseTestResult([]byte(text)); err != nil || !reflect.DeepEqual(got, full()) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestParseOthers reads a statement of the shape that the predicate's own
// specification shows. It is a statement, but not about a suite of ours.
func TestParseOthers(t *testing.T) {
	data, err := os.ReadFile("testdata/in-toto-example.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := evidence.Parse(data)
	if err != nil || s.PredicateType != evidence.TestResultType || !json.Valid(s.Predicate) {
		t.Fatalf("got %+v, %v", s, err)
	}
	if s.About("") || s.About("sha256:") {
		t.Error("a subject without a sha256 is about something")
	}
	if _, err := evidence.ParseTestResult(data); err == nil || !strings.Contains(err.Error(), "names no suite") {
		t.Errorf("got %v", err)
	}
}

func TestAbout(t *testing.T) {
	r := full()
	for d, want := range map[string]bool{digest("01"): true, digest("02"): true, digest("03"): false, "": false} {
		if got := r.About(d); got != want {
			t.Errorf("About(%q) is %v", d, got)
		}
	}
}

// FuzzParse checks that no statement breaks the reader, and that a result is
// the same after it was written and read again.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/statement.json", "testdata/in-toto-example.json"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"_type":"https://in-toto.io/Statement/v1","predicate":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := evidence.ParseTestResult(data)
		if err != nil {
			return
		}
		if r.Passed && len(r.FailedTests) > 0 || r.Suite.Name == "" || len(r.Subjects) == 0 {
			t.Fatalf("%s was taken for a result: %+v", data, r)
		}
		once, err := r.Statement()
		if err != nil {
			return // a subject without a sha256, as others may have
		}
		again, err := evidence.ParseTestResult(once)
		if err != nil {
			t.Fatalf("cannot read what was written: %v\n%s", err, once)
		}
		if twice, err := again.Statement(); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("changed by a round trip (%v):\n%s\n%s", err, once, twice)
		}
	})
}
