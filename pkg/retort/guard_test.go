package retort

import (
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

func TestForksPushNothing(t *testing.T) {
	for name, test := range map[string]struct {
		ci   ci.Environment
		want string
	}{
		"a branch":          {ci.Environment{System: ci.Travis, Secrets: true}, ""},
		"a pull request":    {ci.Environment{System: ci.Travis, Event: ci.PullRequest, PullRequest: 24, Secrets: true}, ""},
		"a fork":            {ci.Environment{System: ci.Travis, Event: ci.PullRequest, PullRequest: 24, Fork: true}, "pull request 24 is from a fork"},
		"a fork, trusted":   {ci.Environment{System: ci.GitHub, Event: ci.PullRequest, Fork: true, Secrets: true}, "this pull request is from a fork"},
		"withheld":          {ci.Environment{System: ci.GitHub, Event: ci.Push, Branch: "dependabot/go"}, "github gives this build no secrets"},
		"nobody's computer": {ci.Environment{Secrets: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "orders")
			b.CI = test.ci
			if got := b.pushless(false); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := b.pushless(true); got != "" {
				t.Errorf("asked to all the same: %q", got)
			}
			if test.want == "" {
				return
			}
			// Neither an engine nor a registry is asked.
			b.Project.Services[0].Image = "127.0.0.1:1/nowhere"
			result, err := b.Push(t.Context(), PushOptions{})
			if err != nil || result.Images != nil || !strings.Contains(result.Skipped, test.want) || len(b.told.warnings) != 1 {
				t.Errorf("push gives %+v, %v, and %q", result, err, b.told.warnings)
			}
			if result, err := b.PushImage(t.Context(), PushImageOptions{Image: "app", Refs: []string{"127.0.0.1:1/app:1"}}); err != nil || result.Skipped == "" {
				t.Errorf("a plain push gives %+v, %v", result, err)
			}
			if _, err := b.Push(t.Context(), PushOptions{Services: []string{"nobody"}}); fault.SideOf(err) != fault.Usage {
				t.Errorf("a service that does not exist: %v", err)
			}
		})
	}
}

// What is not merged enters no environment that does not ask for it.
func TestPullRequestsPromoteNothing(t *testing.T) {
	b := newBench(t, "orders")
	b.Project.Environments = []project.Environment{
		{Name: "staging", Tag: "staging"},
		{Name: "preview", Tag: "preview-24", FromPullRequests: true},
	}
	b.CI.Event, b.CI.PullRequest = ci.PullRequest, 24
	b.push(t, b.candidate(b.service("orders")))
	for _, dryRun := range []bool{false, true} {
		_, err := b.Promote(t.Context(), PromoteOptions{To: "staging", DryRun: dryRun})
		if fault.SideOf(err) != fault.Policy || !strings.Contains(err.Error(), "staging refused, nothing was moved: this is the build of pull request 24") {
			t.Errorf("to staging: %v", err)
		}
	}
	if result, err := b.Promote(t.Context(), PromoteOptions{To: "preview"}); err != nil || result.Err() != nil {
		t.Errorf("to preview: %v, %v", err, result.Err())
	}
	from := b.service("orders").Image + "@sha256:" + strings.Repeat("a", 64)
	if _, err := b.PromoteImage(t.Context(), PromoteImageOptions{From: from, To: b.addr + "/prod/app:live"}); fault.SideOf(err) != fault.Policy {
		t.Errorf("a plain digest: %v", err)
	}
	if _, err := b.Run(t.Context(), RunOptions{To: "staging"}); fault.SideOf(err) != fault.Policy {
		t.Errorf("run: %v", err)
	}
}
