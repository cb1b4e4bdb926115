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

// built is a provenance with every field set.
func built() evidence.Provenance {
	return evidence.Provenance{
		Subjects:   []evidence.Subject{{Name: "127.0.0.1:5000/shop/orders", Digest: digest("01")}},
		Builder:    "https://jenkins.example.com/",
		Version:    "v1.2.3",
		BuildType:  evidence.BuildType,
		Invocation: "https://jenkins.example.com/job/shop/42/?a=1&b=<2>",
		Started:    time.Date(2026, 11, 24, 15, 40, 39, 5_000_000, time.UTC),
		Finished:   time.Date(2026, 11, 24, 15, 41, 0, 0, time.UTC),
		Source: evidence.Source{
			Repository: "https://github.com/retort-ci/shop", Commit: strings.Repeat("0a", 20),
			Branch: "main", Tag: "v0.3.0", Modified: true,
		},
		Parameters: evidence.Parameters{
			Service: "orders", Context: ".", Dockerfile: "orders/Dockerfile", Target: "run",
			Platforms: []string{"linux/amd64", "linux/arm64"},
			Args:      map[string]string{"VERSION": "0.3.0", "GREETING": "grüß <Gott> & \"so\""},
			Secrets:   []string{"npm-token"},
		},
		BaseImages: []evidence.Subject{
			{Name: "docker.io/library/golang:1.26", Digest: digest("02")},
			{Name: "127.0.0.1:5000/base/run", Digest: digest("03")},
		},
	}
}

func provenance(t *testing.T, p evidence.Provenance) []byte {
	t.Helper()
	data, err := p.Statement()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// golden holds the bytes that go into registries.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestProvenanceFormat(t *testing.T) {
	got := provenance(t, built())
	golden(t, "testdata/provenance.json", got)
	read, err := evidence.ParseProvenance(got)
	if err != nil || !reflect.DeepEqual(read, built()) {
		t.Errorf("read back %+v, %v", read, err)
	}
	if !read.About(digest("01")) || read.About(digest("02")) {
		t.Error("it is about something else")
	}
}

// Only what is known is written.
func TestLittleProvenance(t *testing.T) {
	little := evidence.Provenance{Subjects: built().Subjects, Builder: "https://retort.dev/laptop"}
	little.Parameters.Service = "orders"
	data := provenance(t, little)
	for _, empty := range []string{"null", `""}`, "startedOn", "resolvedDependencies", "version", "source"} {
		if bytes.Contains(data, []byte(empty)) {
			t.Errorf("%s says %s", data, empty)
		}
	}
	little.BuildType = evidence.BuildType
	if read, err := evidence.ParseProvenance(data); err != nil || !reflect.DeepEqual(read, little) {
		t.Errorf("read back %+v, %v", read, err)
	}
}

func TestWhereTheSourceIs(t *testing.T) {
	for want, s := range map[string]evidence.Source{
		`"uri":"git+https://example.com/a@refs/tags/v1"`:    {Repository: "https://example.com/a", Branch: "main", Tag: "v1"},
		`"uri":"git+https://example.com/a@refs/heads/main"`: {Repository: "https://example.com/a", Branch: "main"},
		`"uri":"git+https://example.com/a"`:                 {Repository: "https://example.com/a"},
		`"uri":"git+ssh://git@example.com/a"`:               {Repository: "ssh://git@example.com/a"},
		`"uri":"git+git@example.com:a"`:                     {Repository: "git@example.com:a"},
		`"name":"source"}]`:                                 {},
	} {
		p := built()
		p.Source, p.BaseImages = s, nil
		p.Source.Commit = strings.Repeat("0b", 32)
		if data := provenance(t, p); !bytes.Contains(data, []byte(want)) {
			t.Errorf("%s does not say %s", data, want)
		}
	}
}

func TestProvenanceRefuses(t *testing.T) {
	tests := map[string]struct {
		change func(*evidence.Provenance)
		want   string
	}{
		"no subject":                  {func(p *evidence.Provenance) { p.Subjects = nil }, "at least one subject"},
		"no builder":                  {func(p *evidence.Provenance) { p.Builder = "" }, "names no builder"},
		"another's type":              {func(p *evidence.Provenance) { p.BuildType = "https://mobyproject.org/buildkit@v1" }, "not ours to write"},
		"a short commit":              {func(p *evidence.Provenance) { p.Source.Commit = "c0ffee" }, "not a full commit hash"},
		"no commit":                   {func(p *evidence.Provenance) { p.Source.Commit = strings.Repeat("g", 40) }, "not a full commit hash"},
		"an upper case commit":        {func(p *evidence.Provenance) { p.Source.Commit = strings.Repeat("A", 40) }, "not a full commit hash"},
		"a base image's tag":          {func(p *evidence.Provenance) { p.BaseImages[0].Digest = "1.26" }, "not a sha256 digest"},
		"a secret argument":           {func(p *evidence.Provenance) { p.Parameters.Args["npm-token"] = "x" }, "secret npm-token is a build argument too"},
		"a password":                  {func(p *evidence.Provenance) { p.Source.Repository = "ssh://git:hunter2@example.com/a" }, "at example.com holds credentials"},
		"a token":                     {func(p *evidence.Provenance) { p.Source.Repository = "https://hunter2@example.com/a" }, "at example.com holds credentials"},
		"a password in the build URL": {func(p *evidence.Provenance) { p.Invocation = "http://a:hunter2@ci/42" }, "at ci holds credentials"},
		"a URL that is none":          {func(p *evidence.Provenance) { p.Builder = "https://a:hunter2%zz@ci/" }, "a URL cannot be read"},
		"not UTF-8":                   {func(p *evidence.Provenance) { p.Parameters.Args["A"] = "\xff" }, "UTF-8"},
		"a time that is none":         {func(p *evidence.Provenance) { p.Started = time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC) }, "out of range"},
		"too much":                    {func(p *evidence.Provenance) { p.Parameters.Target = strings.Repeat("x", 5<<20) }, "too long"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := built()
			tc.change(&p)
			data, err := p.Statement()
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %.100s, %v, want an error with %q", data, err, tc.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v tells the password", err)
			}
		})
	}
}

// TestParseProvenanceRefuses changes one thing of a good statement.
func TestParseProvenanceRefuses(t *testing.T) {
	good := string(provenance(t, built()))
	tests := map[string]struct{ old, new, want string }{
		"another predicate":    {"slsa.dev/provenance/v1", "slsa.dev/provenance/v0.2", "predicate type"},
		"no builder":           {`"builder"`, `"x"`, "names no builder"},
		"no build type":        {`"buildType"`, `"x"`, "names no build type"},
		"an unknown parameter": {`"service":`, `"network":"host","service":`, `unknown field "network"`},
		"one in the source":    {`"branch":`, `"submodules":true,"branch":`, `unknown field "submodules"`},
		"the wrong shape":      {`"service":"orders"`, `"service":7`, "external parameters"},
		"a secret argument":    {`"secrets":["npm-token"]`, `"secrets":["VERSION"]`, "secret VERSION"},
		"a commit of sorts":    {`"gitCommit":"0a`, `"gitCommit":"a`, "full commit hash"},
		"not a time":           {`"2026-11-24T15:41:00Z"`, `"yesterday"`, "reading provenance"},
		"a parameter twice":    {`"service":`, `"service":"x","service":`, "duplicate"},
		"a predicate of text":  {`"predicate":{`, `"predicate":"","x":{`, "reading statement"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, tc.old, tc.new, 1)
			if bad == good {
				t.Fatalf("%q is not in %s", tc.old, good)
			}
			if p, err := evidence.ParseProvenance([]byte(bad)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %+v, %v, want an error with %q", p, err, tc.want)
			}
		})
	}
}

// TestProvenanceOfOthers reads one of the shape that the specification shows.
func TestProvenanceOfOthers(t *testing.T) {
	data, err := os.ReadFile("testdata/slsa-example.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := evidence.ParseProvenance(data)
	want := evidence.Provenance{
		Subjects:   []evidence.Subject{{Name: "app", Digest: digest("01")}},
		Builder:    "https://github.com/actions/runner/github-hosted",
		BuildType:  "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
		Invocation: "https://github.com/octocat/hello-world/actions/runs/1536140711/attempts/1",
		Started:    time.Date(2023, 1, 1, 12, 34, 56, 0, time.UTC),
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// FuzzParseProvenance checks that a provenance is the same after it was written
// and read again.
func FuzzParseProvenance(f *testing.F) {
	for _, name := range []string{"testdata/provenance.json", "testdata/slsa-example.json"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := evidence.ParseProvenance(data)
		if err != nil {
			return
		}
		if p.Builder == "" || p.BuildType == "" || len(p.Subjects) == 0 {
			t.Fatalf("%s was taken for a provenance: %+v", data, p)
		}
		once, err := p.Statement()
		if err != nil {
			return // such as one of another build type
		}
		again, err := evidence.ParseProvenance(once)
		if err != nil {
			t.Fatalf("cannot read what was written: %v\n%s", err, once)
		}
		if twice, err := again.Statement(); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("changed by a round trip (%v):\n%s\n%s", err, once, twice)
		}
	})
}
