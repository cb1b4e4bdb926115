package report_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/report"
)

// everywhere is a report that says a word in every text it has.
func everywhere(word string) report.Report {
	failure := []report.Failure{{Message: word, Type: word, Text: word, SystemOut: word, SystemErr: word}}
	return report.Report{Suites: []report.Suite{{
		Name: word, Hostname: word, SystemOut: word, SystemErr: word, Properties: []report.Property{{Name: word, Value: word}},
		Cases: []report.Case{{
			Name: word, Class: word, File: word, Message: word, Type: word, Text: word, SystemOut: word, SystemErr: word,
			Status: report.Failed, Flaky: failure, Rerun: failure,
		}},
	}}}
}

// No text is left out, and the report that was given stays as it was.
func TestMap(t *testing.T) {
	in := everywhere("hunter2")
	out := in.Map(func(s string) string { return strings.ReplaceAll(s, "hunter2", "***") })
	if !reflect.DeepEqual(out, everywhere("***")) {
		t.Errorf("got %+v", out)
	}
	if text := fmt.Sprintf("%+v", out); strings.Contains(text, "hunter2") {
		t.Errorf("it is still there: %s", text)
	}
	if !reflect.DeepEqual(in, everywhere("hunter2")) {
		t.Error("the report that was given has changed")
	}
	var xml bytes.Buffer
	if err := report.Write(&xml, out); err != nil || strings.Contains(xml.String(), "hunter2") {
		t.Errorf("written %s, %v", xml.String(), err)
	}
}
