package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/gtr"
)

// event is one line of go test -json (see go doc test2json and go help
// buildjson).
type event struct {
	Time        string
	Action      string
	Package     string
	Test        string
	Elapsed     float64 // seconds
	Output      string
	FailedBuild string // import path of what could not be built
	ImportPath  string // of events that the build has
}

// parseEvent reads a line. Programs log JSON too: an event has an action and
// says of what.
func parseEvent(line []byte) (event, bool) {
	var e event
	if !bytes.HasPrefix(line, []byte("{")) || json.Unmarshal(line, &e) != nil {
		return event{}, false
	}
	e.Output = clean(e.Output)
	return e, e.ofBuild() || e.Action != "" && (e.Package != "" || e.known())
}

// known says whether the action can stand for itself: test2json names no
// package unless it is told one.
func (e event) known() bool {
	switch e.Action {
	case "start", "run", "pause", "cont", "output":
		return true
	}
	return e.ends()
}

func (e event) ofBuild() bool { return e.Action == "build-output" || e.Action == "build-fail" }

// ends says whether a test or a package ends with the event.
func (e event) ends() bool { return e.result() != gtr.Unknown }

func (e event) result() gtr.Result {
	switch e.Action {
	case "pass", "bench":
		return gtr.Pass
	case "fail":
		return gtr.Fail
	case "skip":
		return gtr.Skip
	}
	return gtr.Unknown
}

func (e event) elapsed() time.Duration { return floatSeconds(e.Elapsed) }

// framework says whether the output is a line of package testing about the
// event's own test or package, which the events tell as well.
func (e event) framework() bool {
	line := strings.TrimSpace(e.Output)
	if e.Test == "" {
		return line == "PASS" || line == "FAIL" ||
			strings.HasPrefix(line, "ok  \t"+e.Package) || strings.HasPrefix(line, "FAIL\t"+e.Package) || strings.HasPrefix(line, "?   \t"+e.Package)
	}
	rest, found := cutAny(line, "=== RUN ", "=== PAUSE ", "=== CONT ", "=== NAME ", "--- PASS: ", "--- FAIL: ", "--- SKIP: ", "--- BENCH: ")
	if !found {
		return false
	}
	name, _, _ := strings.Cut(strings.TrimSpace(rest), " (")
	return name == e.Test
}

func cutAny(s string, prefixes ...string) (rest string, found bool) {
	for _, prefix := range prefixes {
		if rest, found = strings.CutPrefix(s, prefix); found {
			return rest, true
		}
	}
	return s, false
}
