package main

import (
	"regexp"
	"strings"
	"testing"
)

// TestJenkinsSteps runs what a Jenkinsfile has of retort besides whole stages, in
// a workspace with a space and an @2 in its name.
func TestJenkinsSteps(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	s := shapes()["stage of tests"]
	w := initRepository(t, s, l.addr)
	b := &jenkinsBuild{origin: w.dir, root: t.TempDir(), vars: append(w.vars, "REGISTRY="+l.addr, "HOME="+w.loggedIn(t, l))}
	agent, err := b.agent(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		script string
		code   int
		output string // a pattern of what returnStdout gives
	}{
		{"retort test", 2, "^$"}, // nothing was built yet
		{"retort build " + w.project, 0, "^sha256:[0-9a-f]{64}$"},
		{"retort push", 4, "^$"}, // untested
		{"retort test", 0, "^unit passed$"},
		{"DIGEST=$(retort push)\necho \"got $DIGEST\"", 0, "^got " + l.addr + "/" + w.project + "@sha256:[0-9a-f]{64}$"},
		{"retort promote --to production", 4, "^$"}, // not in staging
		{"retort promote --to staging", 0, "@sha256:[0-9a-f]{64}$"},
	} {
		code, log, output := agent.sh(t, step.script, true)
		if code != step.code || !regexp.MustCompile(step.output).MatchString(output) {
			t.Errorf("%s: exit code %d, want %d; output %q, want %s:\n%s", step.script, code, step.code, output, step.output, log)
		}
		l.secret(t, log)
	}
	// Branches of a parallel block share a workspace.
	one, two := agent.start(t, "exec retort test --no-cache", false), agent.start(t, "exec retort test --no-cache", false)
	for _, step := range []*shStep{one, two} {
		<-step.done
		if log := step.text(t); step.code != 0 || !strings.Contains(log, "unit passed") {
			t.Errorf("beside another one it ended with %d:\n%s", step.code, log)
		}
	}
}
