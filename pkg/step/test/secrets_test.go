package test_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/test"
)

// A secret stands nowhere: not in logs, reports, what is told, or what comes back.
func TestSecrets(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-value"
	b := newBench(t)
	b.opts.Secrets = mask.NewSet(secret)
	report := `<testsuite name="s"><testcase name="logs in with ` + secret + `"><failure message="` + secret + `"/></testcase></testsuite>`
	s := b.suite("unit", "write", "/reports/a.xml", report, ";", "echo", "it is "+secret, ";", "err", secret, ";", "exit", "1")
	s.Reports = []string{"/reports/*.xml"}
	sick := b.suite("sick", "echo")
	sick.Services = []test.Service{{
		Name: "web", Container: b.container("hang"), Health: &test.Health{Probe: []string{"/probe", "cat", "/" + secret}, Interval: 1, Timeout: 200e6, Retries: 1},
	}}
	sick.DependsOn = on("web", test.Healthy)
	for _, got := range b.outcomes(t, s, sick) {
		for _, text := range append(got.Tail, got.Reason, got.Summary(), fmt.Sprintf("%+v", got.Cases)) {
			if strings.Contains(text, secret) {
				t.Errorf("%s: %q", got.Suite, text)
			}
		}
	}
	for _, dir := range []string{b.opts.Logs, b.opts.Reports} {
		for name, text := range files(t, dir) {
			if strings.Contains(text, secret) {
				t.Errorf("%s says %q", name, text)
			}
		}
	}
	if told := b.events.texts(progress.Log) + b.events.texts(progress.Warning) + b.events.texts(progress.TaskEnd); strings.Contains(told, secret) || !strings.Contains(told, "it is ***") {
		t.Errorf("told %q", told)
	}
}
