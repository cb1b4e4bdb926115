package retort

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

// maxReason bounds the reason of an override, in bytes: it goes into a record.
const maxReason = 1000

// mayOverride refuses a reason where the environment takes none, before anything
// is asked: that is the project's policy, whatever the gates would say.
func mayOverride(env project.Environment, reason string) error {
	switch {
	case reason == "":
		return nil
	case !env.Override:
		return fault.New(fault.Policy, "satisfy its gates, or allow it in the project file: "+env.Name+": { override: true }",
			"%s refused, nothing was moved: x-retort.environments.%s.override is not true", env.Name, env.Name)
	case strings.TrimSpace(reason) == "", len(reason) > maxReason, !utf8.ValidString(reason):
		return fault.New(fault.Usage, `--override "the fix for the outage"`,
			"the reason of an override must be text that says something, of at most %d bytes", maxReason)
	}
	return nil
}

// tellOverruled says what the reason overruled.
func (p *Pipeline) tellOverruled(stage string, r PromoteResult) {
	if r.Override == "" {
		return
	}
	for _, v := range r.Refusals() {
		p.warn(stage, v.Service, fmt.Sprintf("gate %s is overruled: %s", v.Gate, v.Reason))
	}
}
