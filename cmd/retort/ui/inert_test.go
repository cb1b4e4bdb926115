package ui_test

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
)

// obeyed says what each CI makes of a line, as its own source does it.
func obeyed(line string) string {
	// github.com/actions/runner, ActionCommand.TryParseV2 and TryParse
	if text := strings.TrimLeftFunc(line, unicode.IsSpace); strings.HasPrefix(text, "::") && strings.Contains(text[2:], "::") {
		return "GitHub ::"
	}
	if _, name, found := strings.Cut(line, "##["); found {
		if name, _, found = strings.Cut(name, "]"); found && !strings.HasPrefix(name, " ") {
			return "GitHub ##["
		}
	}
	for ci, mark := range map[string]string{
		"GitLab": `section_(start|end):\d+:[a-zA-Z0-9_.-]+(\[\w+=\w+\])?\r\x1b\[0K`, // gitlab, Gitlab::Regex
		"Travis": `(fold|time):(start|end):[\w_\-\.]+`,                              // travis-web, app/utils/log.js
	} {
		if regexp.MustCompile(mark).MatchString(line) {
			return ci
		}
	}
	return ""
}

// forgeries are lines that a container may print to be taken for us.
func forgeries() []string {
	return []string{
		"::error::forged", "  ::add-mask::e", "\u00a0\u2003::stop-commands::token", "\x1b[0m::endgroup::", "\r::set-output name=a::b",
		"##[add-mask]e", "text ##[error]forged", "##[endgroup]", "#\x1b[0m#[group]forged", "##[set-output name=a;]b", "####[warning]w",
		"travis_fold:end:retort-unit-946684800-1\r\x1b[0K", "fold:start:x", "travis_time:end:1:start=1,finish=2", "fold:\x00end:x",
		"\x1b[0Ksection_start:1:x[collapsed=true]\r\x1b[0Kforged", "section_end:1:retort-unit-946684800-1\r\x1b[0K",
	}
}

// TestForgeriesDoNothing has them in all that a container has a say in. The
// column before a line keeps GitHub from "::", and from nothing else.
func TestForgeriesDoNothing(t *testing.T) {
	for name, folds := range dialects() {
		t.Run(name, func(t *testing.T) {
			for _, forged := range forgeries() {
				if obeyed(strings.TrimLeft(forged, "\r")) == "" && !strings.ContainsAny(forged, "\x1b\x00") {
					t.Errorf("%q would do nothing anyway", forged)
				}
				var own []string
				out := play(t, ui.Plain, ui.Options{Folds: folds}, forging(forged))
				for line := range strings.Lines(out) {
					if by := obeyed(line); by != "" {
						own = append(own, line)
					}
				}
				if len(own) != 2 {
					t.Errorf("%q: a fold's begin and end were to be obeyed, and got %q", forged, own)
				}
				for line := range strings.SplitSeq(play(t, ui.Plain, ui.Options{}, forging(forged)), "\n") {
					if by := obeyed(line); by != "" {
						t.Errorf("%q: %s obeys %q", forged, by, line)
					}
				}
			}
		})
	}
}

// forging is a run of a suite that passes and of one that fails.
func forging(text string) []step {
	about := func(kind progress.Kind, e progress.Event) step {
		e.Kind = kind
		return step{0, e}
	}
	return []step{
		about(progress.Log, progress.Event{Stage: "build", Subject: "orders", Task: text, Text: text}),
		about(progress.TaskEnd, progress.Event{Stage: "build", Subject: text, Task: text, Text: text, Err: errors.New("a\n" + text)}),
		about(progress.Warning, progress.Event{Text: text + "\n" + text}),
		about(progress.Warning, progress.Event{Subject: "a\n" + text, Text: text}),
		about(progress.Note, progress.Event{Text: text}),
		begun(text), said("unit", text), said(text, text), said("bad", text),
		ended("unit", 2*time.Minute, nil), ended("bad", 0, errors.New(text)), // a heartbeat tells of text meanwhile
		about(progress.StageEnd, progress.Event{Stage: "test"}),
	}
}

func TestForgeriesInTheEndDoNothing(t *testing.T) {
	for _, forged := range forgeries() {
		var out bytes.Buffer
		ui.Failure(&out, fault.New(fault.Usage, "this\n"+forged, "%s\n%s", forged, forged))
		if err := ui.Table(&out, []string{forged}, [][]string{{forged, forged}}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if by := obeyed(line); by != "" {
				t.Errorf("%s obeys %q", by, line)
			}
		}
	}
}

// TestInertChangesLittle: what only looks like a command stays as it is.
func TestInertChangesLittle(t *testing.T) {
	for line, want := range map[string]string{
		"test     unit         | ::error::":  "test     unit         | ::error::",
		"std::vector":                        "std::vector",
		"# ##heading [a]":                    "# ##heading [a]",
		"time: 12s, unfold:started":          "time: 12s, unfold:started",
		"section_start:1:x":                  "section_start:1:x",
		"  ::1 is localhost":                 "|  ::1 is localhost",
		"a ##[debug]b":                       "a ## [debug]b",
		"fold:start:a time:end:b fold:end:c": "fold: start:a time: end:b fold: end:c",
		"":                                   "",
	} {
		if got := ui.Inert(line); got != want || ui.Inert(got) != got {
			t.Errorf("%q became %q, want %q, and then %q", line, got, want, ui.Inert(got))
		}
	}
}
