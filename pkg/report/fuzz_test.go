package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/retort-ci/retort/pkg/report"
)

// Whatever is read can be written, and is the same when it is read again.
func FuzzRead(f *testing.F) {
	for _, data := range samples(f, "read/*.xml") {
		f.Add(data)
		f.Add(data[:len(data)/2])
		f.Add(bytes.ReplaceAll(data, []byte("testcase"), []byte("testsuite")))
	}
	f.Add([]byte("\xff\xfe<\x00t\x00e\x00s\x00t\x00s\x00u\x00i\x00t\x00e\x00/\x00>\x00"))
	f.Add([]byte(`<?xml version="1.0" encoding="Shift_JIS"?><testsuite name="` + "\x8e\x8e\x8c" + `"/>`))
	f.Add([]byte(`<testsuite/><?xml version="1y0"?><testsuite/>`))
	f.Add([]byte(`<testsuite></testsuites><testcase></testsuite>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := report.Read(bytes.NewReader(data), 1<<20)
		checkReadError(t, r, err)
		once := parse(t, write(t, r))
		if !equal(once.Counts(), r.Counts()) {
			t.Fatalf("got %+v, want %+v", once.Counts(), r.Counts())
		}
		if again := parse(t, write(t, once)); !equal(again, once) {
			t.Fatalf("got\n%+v\nwant\n%+v", again, once)
		}
		if merged := report.Merge(r, r); merged.Counts().Bad() != r.Counts().Bad() {
			t.Fatalf("merged with itself: got %+v, want %+v", merged.Counts(), r.Counts())
		}
	})
}

// checkReadError wants one of the errors that Read promises, and nothing with
// those that say that there is no report.
func checkReadError(t *testing.T, r report.Report, err error) {
	t.Helper()
	_, broken := errors.AsType[*report.TruncatedError](err)
	nothing := errors.Is(err, report.ErrEmpty) || errors.Is(err, report.ErrNotJUnit)
	if err != nil && !broken && !nothing && !errors.Is(err, report.ErrTooLarge) {
		t.Fatalf("got error %v", err)
	}
	if nothing && len(r.Suites) > 0 {
		t.Fatalf("got %+v with %v", r, err)
	}
}

// No test that failed, by its event, gets lost, and the report can be written
// and read.
func FuzzFromGoTest(f *testing.F) {
	for _, data := range samples(f, "gotest/*.*") {
		f.Add(data)
		f.Add(data[:len(data)/3])
		f.Add(bytes.ReplaceAll(data, []byte("\n"), []byte("\n--- FAIL: TestText (0.00s)\n# pkg\nok  \tp\t0.1s\n")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := report.FromGoTest(bytes.NewReader(data))
		_, broken := errors.AsType[*report.TruncatedError](err)
		nothing := errors.Is(err, report.ErrEmpty) || errors.Is(err, report.ErrNotGoTest)
		if err != nil && !broken && !nothing && !errors.Is(err, report.ErrTooLarge) {
			t.Fatalf("got error %v", err)
		}
		back := parse(t, write(t, r))
		if !equal(back.Counts(), r.Counts()) {
			t.Fatalf("got %+v, want %+v", back.Counts(), r.Counts())
		}
		if failing(data) && r.Counts().Bad() == 0 {
			t.Fatalf("a package failed, and nothing in the report tells: %+v", r)
		}
	})
}

// failing says whether a package failed, by its own last event.
func failing(data []byte) bool {
	for line := range bytes.Lines(data) {
		var e struct{ Action, Package, Test, ImportPath string }
		if line[0] == '{' && json.Unmarshal(line, &e) == nil && e.Action == "fail" && e.Package != "" && e.Test == "" {
			return true
		}
	}
	return false
}
