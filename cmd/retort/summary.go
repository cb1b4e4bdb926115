package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/retort"
)

// summary ends a run: a row per service, and how long each stage took.
func summary(w io.Writer, r retort.RunResult) {
	rows := make([][]string, len(r.Push.Images))
	for i, img := range r.Push.Images {
		rows[i] = []string{img.Service, img.Digest, suitesOf(r, img.Service), environmentsOf(r, img.Service)}
	}
	out := new(strings.Builder)
	fmt.Fprintln(out)
	_ = ui.Table(out, []string{"SERVICE", "DIGEST", "SUITES", "ENVIRONMENTS"}, rows)
	stages := make([]string, len(r.Stages))
	for i, s := range r.Stages {
		stages[i] = fmt.Sprintf("%s %.1fs", s.Name, s.Elapsed.Seconds())
	}
	fmt.Fprintf(out, "\n%s\n", strings.Join(stages, " · "))
	_, _ = io.WriteString(w, out.String()) // the run stands, seen or not
}

// suitesOf counts the suites that verified the service.
func suitesOf(r retort.RunResult, service string) string {
	passed, all := 0, 0
	for _, s := range r.Test.Suites {
		if !slices.Contains(r.Test.Verifies[s.Suite], service) {
			continue
		}
		all++
		if s.Verdict.Good() {
			passed++
		}
	}
	return fmt.Sprintf("%d/%d passed", passed, all)
}

// environmentsOf lists those that have the service's digest now.
func environmentsOf(r retort.RunResult, service string) string {
	var names []string
	for _, promotion := range r.Promotions {
		for _, m := range promotion.Moves {
			if m.Service == service && (m.Moved || m.Existed) && !slices.Contains(names, m.Environment) {
				names = append(names, m.Environment)
			}
		}
	}
	return strings.Join(names, ", ")
}
