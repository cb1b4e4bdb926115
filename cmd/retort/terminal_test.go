package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/progress"
)

// TestFolds has a suite that passes, wherever logs fold and elsewhere.
func TestFolds(t *testing.T) {
	for _, tt := range []struct{ progress, vars, want string }{
		{"auto", "GITHUB_ACTIONS=true CI=true", "::group::"},
		{"", "GITHUB_ACTIONS=true", "::group::"},
		{"auto", "GITLAB_CI=true CI=true", "section_start:"},
		{"auto", "TRAVIS=true CI=true", "travis_fold:start:"},
		{"auto", "CI=true", ""},
		{"auto", "JENKINS_URL=http://ci/ CI=true", ""},
		{"auto", "GITHUB_ACTIONS=false TRAVIS= GITLAB_CI=1", ""},
		{"plain", "GITHUB_ACTIONS=true", ""},
		{"tty", "GITLAB_CI=true", ""},
		{"quiet", "TRAVIS=true", ""},
	} {
		t.Run(tt.progress+" "+tt.vars, func(t *testing.T) {
			getenv := func(name string) string {
				for pair := range strings.FieldsSeq(tt.vars) {
					if value, found := strings.CutPrefix(pair, name+"="); found {
						return value
					}
				}
				return ""
			}
			var stderr bytes.Buffer
			shown, err := newUI(&stderr, tt.progress, "", mask.NewSet(), getenv)
			if err != nil {
				t.Fatal(err)
			}
			shown.Emit(progress.Event{Kind: progress.Log, Stage: "test", Subject: "unit", Text: "line"})
			shown.Emit(progress.Event{Kind: progress.TaskEnd, Stage: "test", Subject: "unit", Task: "suite", Status: progress.Done})
			if err := shown.Close(); err != nil {
				t.Fatal(err)
			}
			text := stderr.String()
			folds := strings.Contains(text, "::") || strings.Contains(text, "section_") || strings.Contains(text, "fold:")
			if folds != (tt.want != "") || !strings.Contains(text, tt.want) || strings.Contains(text, "| line\n") != (tt.progress != "quiet") {
				t.Errorf("got %q, want a fold by %q", text, tt.want)
			}
		})
	}
}
