package evidence_test

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
)

// verified is a summary with every field set.
func verified() evidence.Summary {
	return evidence.Summary{
		Subjects: []evidence.Subject{{Name: "127.0.0.1:5000/prod/orders", Digest: digest("01")}},
		Verifier: "https://github.com/retort-ci/retort",
		Time:     time.Date(2026, 11, 24, 15, 41, 0, 5_000_000, time.UTC),
		Resource: "127.0.0.1:5000/prod/orders:production",
		Policy:   evidence.Document{URI: "git+https://github.com/retort-ci/shop#compose.yaml", Digest: digest("02")},
		Inputs: []evidence.Document{
			{URI: "127.0.0.1:5000/shop/orders@" + digest("03"), Digest: digest("03")},
			{Digest: digest("04")},
		},
		Passed: true,
		Levels: []string{"SLSA_BUILD_LEVEL_1"},
		Promotion: evidence.Promotion{
			Environment: "production", Project: "shop", Service: "orders", Action: "promote",
			From: "127.0.0.1:5000/shop/orders@" + digest("01"), Previous: digest("05"),
			Actor: "ann", Build: "https://jenkins.example.com/job/shop/42/", Override: "hotfix <1>",
			Gates: []evidence.GateVerdict{
				{Gate: "requires", Allowed: true, Reason: "passed: e2e"},
				{Gate: "freeze", Reason: "it is Friday", Remedy: "wait for Monday"},
			},
		},
	}
}

func summary(t *testing.T, s evidence.Summary) []byte {
	t.Helper()
	data, err := s.Statement()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSummaryFormat(t *testing.T) {
	got := summary(t, verified())
	golden(t, "testdata/summary.json", got)
	read, err := evidence.ParseSummary(got)
	if err != nil || !reflect.DeepEqual(read, verified()) {
		t.Errorf("read back %+v, %v", read, err)
	}
	if !read.About(digest("01")) || read.About(digest("02")) {
		t.Error("it is about something else")
	}
}

func TestLevelsThatNobodySet(t *testing.T) {
	for passed, want := range map[bool]string{true: "SLSA_BUILD_LEVEL_0", false: "FAILED"} {
		s := verified()
		s.Passed, s.Levels, s.Promotion = passed, nil, evidence.Promotion{}
		data := summary(t, s)
		if bytes.Contains(data, []byte("promotion")) {
			t.Errorf("%s tells of a promotion", data)
		}
		read, err := evidence.ParseSummary(data)
		if err != nil || read.Passed != passed || !reflect.DeepEqual(read.Levels, []string{want}) || !reflect.DeepEqual(read.Promotion, s.Promotion) {
			t.Errorf("read back %+v, %v", read, err)
		}
	}
}

func TestSummaryRefuses(t *testing.T) {
	tests := map[string]struct {
		change func(*evidence.Summary)
		want   string
	}{
		"no subject":         {func(s *evidence.Summary) { s.Subjects = nil }, "at least one subject"},
		"no verifier":        {func(s *evidence.Summary) { s.Verifier = "" }, "names no verifier"},
		"no time":            {func(s *evidence.Summary) { s.Time = time.Time{} }, "no time"},
		"no resource":        {func(s *evidence.Summary) { s.Resource = "" }, "names no resource"},
		"no policy":          {func(s *evidence.Summary) { s.Policy.URI = "" }, "names no policy"},
		"a policy's name":    {func(s *evidence.Summary) { s.Policy.Digest = "main" }, "not a sha256 digest"},
		"an input's name":    {func(s *evidence.Summary) { s.Inputs[0].Digest = "latest" }, "not a sha256 digest"},
		"a floating input":   {func(s *evidence.Summary) { s.Inputs[0].Digest = "" }, "has no digest"},
		"passed and failed":  {func(s *evidence.Summary) { s.Levels = []string{"FAILED"} }, "contradict"},
		"failed and passed":  {func(s *evidence.Summary) { s.Passed = false }, "contradict"},
		"a refusal":          {func(s *evidence.Summary) { s.Promotion.Override = "" }, "gate freeze refused"},
		"no environment":     {func(s *evidence.Summary) { s.Promotion.Environment = "" }, "says too little"},
		"no action":          {func(s *evidence.Summary) { s.Promotion.Action = "" }, "says too little"},
		"a password":         {func(s *evidence.Summary) { s.Promotion.Build = "http://a:b@ci/1" }, "at ci holds credentials"},
		"not UTF-8":          {func(s *evidence.Summary) { s.Resource = "\xff" }, "UTF-8"},
		"a gate's not UTF-8": {func(s *evidence.Summary) { s.Promotion.Gates[0].Reason = "\xff" }, "UTF-8"},
		"too much":           {func(s *evidence.Summary) { s.Resource = strings.Repeat("x", 5<<20) }, "too long"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := verified()
			tc.change(&s)
			if data, err := s.Statement(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %.100s, %v, want an error with %q", data, err, tc.want)
			}
		})
	}
}

// TestParseSummaryRefuses changes one thing of a good statement.
func TestParseSummaryRefuses(t *testing.T) {
	good := string(summary(t, verified()))
	tests := map[string]struct{ old, new, want string }{
		"another predicate":      {"verification_summary/v1", "verification_summary/v0.2", "predicate type"},
		"an unknown result":      {`"PASSED"`, `"passed"`, `result is "passed"`},
		"no result":              {`"verificationResult"`, `"x"`, `result is ""`},
		"a failure":              {`"PASSED"`, `"FAILED"`, "contradict"},
		"no levels":              {`"verifiedLevels"`, `"x"`, "names no level"},
		"no time":                {`"timeVerified"`, `"x"`, "no time"},
		"no verifier":            {`"verifier"`, `"x"`, "names no verifier"},
		"a hidden refusal":       {`"override"`, `"x"`, "gate freeze refused"},
		"a promotion of a shape": {`"gates":[`, `"gates":7,"x":[`, "promotion"},
		"the wrong shape":        {`"verifiedLevels":[`, `"verifiedLevels":"x","x":[`, "reading verification summary"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, tc.old, tc.new, 1)
			if bad == good {
				t.Fatalf("%q is not in %s", tc.old, good)
			}
			if s, err := evidence.ParseSummary([]byte(bad)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %+v, %v, want an error with %q", s, err, tc.want)
			}
		})
	}
}

// TestSummaryOfOthers reads one of the shape that the specification shows.
func TestSummaryOfOthers(t *testing.T) {
	data, err := os.ReadFile("testdata/vsa-example.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := evidence.ParseSummary(data)
	want := evidence.Summary{
		Subjects: []evidence.Subject{{Name: "out/example-1.2.3.tar.gz", Digest: digest("56")}},
		Verifier: "https://example.com/publication_verifier",
		Time:     time.Date(1985, 4, 12, 23, 20, 50, 520_000_000, time.UTC),
		Resource: "https://example.com/example-1.2.3.tar.gz",
		Policy:   evidence.Document{URI: "https://example.com/example_tarball.policy", Digest: digest("12")},
		Inputs:   []evidence.Document{{URI: "https://example.com/provenances/example-1.2.3.tar.gz.intoto.jsonl", Digest: digest("ab")}},
		Passed:   true, Levels: []string{"SLSA_BUILD_LEVEL_3"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// FuzzParseSummary checks that a summary is the same after it was written and
// read again, and that no refusal reads as a pass.
func FuzzParseSummary(f *testing.F) {
	for _, name := range []string{"testdata/summary.json", "testdata/vsa-example.json"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := evidence.ParseSummary(data)
		if err != nil {
			return
		}
		for _, g := range s.Promotion.Gates {
			if s.Passed && !g.Allowed && s.Promotion.Override == "" {
				t.Fatalf("%s passed although %s refused", data, g.Gate)
			}
		}
		once, err := s.Statement()
		if err != nil {
			return // such as a subject without a sha256
		}
		again, err := evidence.ParseSummary(once)
		if err != nil {
			t.Fatalf("cannot read what was written: %v\n%s", err, once)
		}
		if twice, err := again.Statement(); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("changed by a round trip (%v):\n%s\n%s", err, once, twice)
		}
	})
}
