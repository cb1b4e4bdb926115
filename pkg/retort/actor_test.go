package retort

import (
	"testing"

	"github.com/retort-ci/retort/pkg/ci"
)

// A record names a person where one is known, and the job only where none is.
func TestActor(t *testing.T) {
	for name, test := range map[string]struct {
		ci   ci.Environment
		want string
	}{
		"a build that a person started": {ci.Environment{Job: "deploy", Actor: "ann"}, "ann"},
		"one that nobody did":           {ci.Environment{Job: "deploy"}, "deploy"},
		"outside CI":                    {ci.Environment{}, "bob"},
	} {
		p := newPipeline(Options{Env: []string{"USER=bob"}})
		p.CI = test.ci
		if got := p.actor(); got != test.want {
			t.Errorf("%s: it is %q, want %q", name, got, test.want)
		}
	}
}
