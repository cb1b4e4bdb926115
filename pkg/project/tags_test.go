package project_test

import (
	"slices"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

func TestExpandTag(t *testing.T) {
	names := project.TagNames{Branch: "main", Commit: "1f0c7a5b3d9e", BuildNumber: "42"}
	for text, want := range map[string]string{
		"nightly":                          "nightly",
		"{{.Branch}}":                      "main",
		"{{.Branch}}-{{.BuildNumber}}":     "main-42",
		"{{slice .Commit 0 7}}":            "1f0c7a5",
		"{{.Version}}":                     "", // what is not there gives no tag
		"{{.Version}}-alpine":              "",
		"{{if .Version}}a{{else}}b{{end}}": "",
	} {
		got, ok, err := project.ExpandTag(text, names)
		if got != want || ok != (want != "") || err != nil {
			t.Errorf("%s gives %q, %v, %v; want %q", text, got, ok, err, want)
		}
	}
	for _, text := range []string{"{{.Nope}}", "{{", "{{slice .Branch 0 9}}", `{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`} {
		if _, _, err := project.ExpandTag(text, names); fault.SideOf(err) != fault.Usage || fault.HintOf(err) == "" {
			t.Errorf("%s: %v, want a fault of usage with a hint", text, err)
		}
	}
}

func TestTagsAndPullRequests(t *testing.T) {
	p := compose(t, "services: { a: { image: x } }\nx-retort: { tags: [nightly, '{{.Branch}}'], environments: { a: {}, b: { from-pull-requests: true } } }\n")
	if want := []string{"nightly", "{{.Branch}}"}; !slices.Equal(p.Tags, want) {
		t.Errorf("tags are %q, want %q", p.Tags, want)
	}
	if p.Environments[0].FromPullRequests || !p.Environments[1].FromPullRequests {
		t.Errorf("environments are %+v", p.Environments)
	}
	for text, isNil := range map[string]bool{"x-retort: {}": true, "x-retort: { tags: [] }": false} {
		if p := compose(t, "services: { a: { image: x } }\n"+text+"\n"); (p.Tags == nil) != isNil {
			t.Errorf("%s gives %#v", text, p.Tags)
		}
	}
}
