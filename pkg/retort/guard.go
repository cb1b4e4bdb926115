package retort

import (
	"fmt"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

// pushless is why this build pushes nothing, or empty. What a stranger wrote
// goes to no repository of ours, and without its secrets a build cannot log in:
// neither is a failure of the build. anyway is for those who know better.
func (p *Pipeline) pushless(anyway bool) string {
	switch {
	case anyway:
	case p.CI.Fork:
		return fmt.Sprintf("nothing is pushed: %s is from a fork, or %s does not say where from", p.change(), p.CI.System)
	case !p.CI.Secrets:
		return fmt.Sprintf("nothing is pushed: %s gives this build no secrets; --from-forks is for a registry that wants none", p.CI.System)
	}
	return ""
}

// change names the pull request.
func (p *Pipeline) change() string {
	if p.CI.PullRequest == 0 {
		return "this pull request"
	}
	return fmt.Sprintf("pull request %d", p.CI.PullRequest)
}

// mayEnter refuses the builds of pull requests: what runs in an environment was
// merged, unless the project file says otherwise.
func (p *Pipeline) mayEnter(env project.Environment) error {
	if p.CI.Event != ci.PullRequest || env.FromPullRequests {
		return nil
	}
	return fault.New(fault.Policy, "merge it first; an environment for previews says so: "+env.Name+": { from-pull-requests: true }",
		"%s refused, nothing was moved: this is the build of %s", env.Name, p.change())
}
