package report

import (
	"io"
	"strconv"
	"time"
)

// Write writes the report as Jenkins' xUnit schema (junit-10.xsd) wants it:
// fewer attributes than most reporters write, and no character that XML forbids.
// Read gives the same report again but for what the schema has no place for:
// the files of cases, where one suite has cases from several (see ByFile), and text
// that is only white space.
func Write(w io.Writer, r Report) error {
	p := newPrinter(w)
	c := r.Counts()
	p.open("testsuites",
		attribute{"tests", strconv.Itoa(c.Tests)},
		attribute{"failures", strconv.Itoa(c.Failed)},
		attribute{"errors", strconv.Itoa(c.Errored)},
		attribute{"time", seconds(c.Time)})
	for _, s := range r.Suites {
		writeSuite(p, s)
	}
	p.end("testsuites")
	return p.finish()
}

func writeSuite(p *printer, s Suite) {
	c := s.Counts()
	p.open("testsuite",
		attribute{"name", s.Name},
		attribute{"tests", strconv.Itoa(c.Tests)},
		attribute{"failures", strconv.Itoa(c.Failed)},
		attribute{"errors", strconv.Itoa(c.Errored)},
		attribute{"skipped", strconv.Itoa(c.Skipped)},
		attribute{"time", seconds(s.Time)},
		optional("timestamp", instant(s.Timestamp)),
		optional("hostname", s.Hostname),
		optional("file", commonFile(s.Cases)))
	if len(s.Properties) > 0 {
		p.open("properties")
		for _, pr := range s.Properties {
			p.leaf("property", "", attribute{"name", pr.Name}, attribute{"value", pr.Value})
		}
		p.end("properties")
	}
	for _, c := range s.Cases {
		writeCase(p, c)
	}
	p.output(s.SystemOut, s.SystemErr)
	p.end("testsuite")
}

func writeCase(p *printer, c Case) {
	p.open("testcase", attribute{"name", c.Name}, optional("classname", c.Class), attribute{"time", seconds(c.Time)})
	switch c.Status {
	case Passed:
	case Failed:
		writeResult(p, "failure", c)
	case Errored:
		writeResult(p, "error", c)
	case Skipped:
		writeResult(p, "skipped", c)
	}
	for _, f := range c.Rerun {
		writeAttempt(p, "rerun", f)
	}
	for _, f := range c.Flaky {
		writeAttempt(p, "flaky", f)
	}
	p.output(c.SystemOut, c.SystemErr)
	p.end("testcase")
}

func writeResult(p *printer, element string, c Case) {
	p.leaf(element, visible(c.Text), optional("message", c.Message), optional("type", c.Type))
}

// writeAttempt writes an attempt that failed; the schema insists on its type.
func writeAttempt(p *printer, prefix string, f Failure) {
	element := prefix + "Failure"
	if f.Error {
		element = prefix + "Error"
	}
	p.open(element, optional("message", f.Message), attribute{"type", f.Type})
	if text := visible(f.Text); text != "" {
		p.leaf("stackTrace", text)
	}
	p.output(f.SystemOut, f.SystemErr)
	p.end(element)
}

// instant writes a time, nothing for the one that is not known.
func instant(t time.Time) string {
	if t = writable(t.UTC()); t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// commonFile is the file of all cases, empty if there are several or none. The
// schema knows files of suites alone.
func commonFile(cases []Case) string {
	if len(cases) == 0 {
		return ""
	}
	for _, c := range cases {
		if c.File != cases[0].File {
			return ""
		}
	}
	return cases[0].File
}
