package retort

import (
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
)

// hold attaches bytes as if they were a statement.
func (w *tested) hold(t *testing.T, mediaType string, data []byte) {
	t.Helper()
	if _, err := w.registry.Attach(t.Context(), w.image, registry.Artifact{Type: mediaType, MediaType: mediaType, Data: data}); err != nil {
		t.Fatal(err)
	}
}

// Every kind of statement is listed, and so is what is none.
func TestVerifyLists(t *testing.T) {
	w := newTested(t)
	signer, keys := newKey(t, "release.pub")
	w.attachAs(t, signer)
	repository, digest, _ := strings.Cut(w.image, "@")
	about := []evidence.Subject{{Name: repository, Digest: digest}}
	at := time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)
	summary, err := evidence.Summary{
		Subjects: about, Verifier: "https://example.com", Time: at, Resource: repository, Passed: true,
		Policy:    evidence.Document{URI: "https://example.com/compose.yaml"},
		Promotion: evidence.Promotion{Environment: "staging", Action: "promote", Build: "https://ci.example.com/7"},
	}.Statement()
	if err != nil {
		t.Fatal(err)
	}
	other := strings.NewReplacer(evidence.SummaryType, "https://example.com/sbom/v1").Replace(string(summary))
	unknown := strings.Replace(string(summary), `"PASSED"`, `"PERHAPS"`, 1)
	w.hold(t, evidence.MediaType, summary)
	signed, err := signer.Sign(summary)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.registry.Attach(t.Context(), w.image, registry.Artifact{
		Type: registry.RecordType, MediaType: registry.RecordType, Data: []byte("{}"),
		Extra: []registry.Blob{{MediaType: "text/plain", Data: []byte("a note")}, {MediaType: bundle.MediaType, Data: signed}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.hold(t, evidence.MediaType, []byte(other))
	w.hold(t, evidence.MediaType, []byte(unknown))
	w.hold(t, evidence.MediaType, []byte("{"))
	w.hold(t, bundle.MediaType, []byte("{"))
	w.hold(t, evidence.MediaType, []byte(strings.ReplaceAll(string(summary), strings.TrimPrefix(digest, "sha256:"), strings.Repeat("0", 64))))

	v, err := w.Verify(t.Context(), VerifyOptions{Ref: repository + ":1", Keys: keys})
	if err != nil || v.Ref != w.image || v.Err() != nil {
		t.Fatalf("got %s, %v, %v", v.Ref, err, v.Err())
	}
	lines := map[string]int{}
	for _, e := range v.Evidence {
		state := "not signed"
		switch {
		case e.Broken && e.Problem != "":
			state = "broken"
		case e.SignedBy != "":
			state = e.SignedBy
		}
		lines[strings.Join([]string{e.Type, e.Of, e.Verdict, e.Build, state}, " ")]++
		if e.Digest == "" {
			t.Errorf("%+v has no digest", e)
		}
	}
	for line, want := range map[string]int{
		"provenance   " + unwatched + " release.pub":                   1,
		"test-result unit passed  release.pub":                         1,
		"summary staging allowed https://ci.example.com/7 not signed":  1,
		"summary staging allowed https://ci.example.com/7 release.pub": 1, // behind a record
		"https://example.com/sbom/v1    not signed":                    1,
		"summary    broken":                 1, // it cannot be read as one
		"    broken":                        2, // no statement at all
		evidence.SummaryType + "    broken": 1, // about another image
	} {
		if lines[line] != want {
			t.Errorf("%d of %q, want %d", lines[line], line, want)
		}
		delete(lines, line)
	}
	if len(lines) > 0 {
		t.Errorf("besides there are %v", lines)
	}
}

// The gates asked are those of the services that the repository is of.
func TestVerifyAsks(t *testing.T) {
	w := newTested(t)
	_, keys := newKey(t, "release.pub")
	w.Project.Environments = []project.Environment{
		{Name: "open", Tag: "open"},
		{Name: "closed", Tag: "closed", Repository: w.addr + "/prod/{{.Service}}", SignedBy: keys},
	}
	tagged := strings.Replace(w.image, "@", ":gone@", 1) // its digest is what counts
	for name, test := range map[string]struct {
		ref, env string
		asked    string
		side     fault.Side // of the error
		refused  bool
	}{
		"a service of none":     {ref: "nobody", side: fault.Usage},
		"not pushed":            {ref: "orders", side: fault.Usage},
		"no such tag":           {ref: w.addr + "/shop/orders:gone", side: fault.Usage},
		"no such digest":        {ref: w.addr + "/shop/orders@sha256:" + strings.Repeat("0", 64), side: fault.Usage},
		"half a digest":         {ref: w.addr + "/shop/orders@sha256:12", side: fault.Usage},
		"a tag and its digest":  {ref: tagged, env: "open", asked: "open requires"},
		"a tag, and no digest":  {ref: w.addr + "/shop/orders:1@sha256:" + strings.Repeat("0", 64), side: fault.Usage},
		"no reference":          {ref: w.addr + "/Shop/orders:1", side: fault.Usage},
		"no such environment":   {ref: w.image, env: "gone", side: fault.Usage},
		"by reference":          {ref: w.image, asked: "open requires, closed requires, closed signed-by", refused: true},
		"of one environment":    {ref: w.image, env: "open", asked: "open requires"},
		"elsewhere":             {ref: w.addr + "/other:1"},
		"elsewhere, with gates": {ref: w.addr + "/other:1", env: "open", side: fault.Usage},
		"where it is promoted":  {ref: w.addr + "/prod/orders:1", env: "closed", asked: "closed requires, closed signed-by", refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(name, "where") {
				w.push(t, test.ref)
			}
			v, err := w.Verify(t.Context(), VerifyOptions{Ref: test.ref, Env: test.env})
			if test.ref == tagged && v.Ref != w.image {
				t.Errorf("verified is %s, want %s", v.Ref, w.image)
			}
			if (err != nil) != (test.side != 0) || err != nil && fault.SideOf(err) != test.side {
				t.Fatalf("error is %v", err)
			}
			var asked []string
			for _, a := range v.Asked {
				asked = append(asked, a.Environment+" "+a.Gate)
			}
			if got := strings.Join(asked, ", "); got != test.asked {
				t.Errorf("asked are %q, want %q", got, test.asked)
			}
			if err := v.Err(); (err != nil) != test.refused || err != nil && fault.SideOf(err) != fault.Policy {
				t.Errorf("refusal is %v", err)
			}
		})
	}
}

// Keys of the same name are told apart.
func TestVerifyUnderKeys(t *testing.T) {
	w := newTested(t)
	signer, keys := newKey(t, "release.pub")
	_, others := newKey(t, "release.pub")
	w.Project.Environments = []project.Environment{{Name: "production", Tag: "live", Requires: []string{}, SignedBy: keys}}
	w.attachAs(t, signer)
	for name, test := range map[string]struct {
		keys bundle.Keys
		want bool
	}{"none asked for": {nil, true}, "the one": {keys, true}, "another": {others, false}, "both": {append(others, keys...), true}} {
		v, err := w.Verify(t.Context(), VerifyOptions{Ref: w.image, Keys: test.keys})
		if err != nil || (v.Err() == nil) != test.want {
			t.Errorf("%s: %v, %v", name, v.Err(), err)
		}
	}
}

// A gate that cannot be asked is an error, beside what could be told.
func TestVerifyCannotTell(t *testing.T) {
	w := newTested(t)
	w.Project.Environments = []project.Environment{
		{Name: "staging", Tag: "staging", Repository: "127.0.0.1:1/none"},
		{Name: "production", Tag: "live", After: "staging"},
	}
	w.registry = registry.New(registry.Options{RetryFor: -1})
	v, err := w.Verify(t.Context(), VerifyOptions{Ref: w.image, Env: "production"})
	if fault.SideOf(err) != fault.Infrastructure {
		t.Errorf("error is %v", err)
	}
	if len(v.Asked) != 1 || v.Asked[0].Gate != "requires" {
		t.Errorf("asked are %+v", v.Asked)
	}
}
