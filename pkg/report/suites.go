package report

import (
	"encoding/xml"
	"time"
)

// openSuite is a suite while it is read.
type openSuite struct {
	Suite
	file   string // of its cases, unless they say otherwise
	timed  bool   // it says how long it took
	parent bool   // it holds other suites

	out, err passage
}

// report gives the suites. One that only held others is none, and the time of
// one that also held others is theirs as well.
func (p *parser) report() Report {
	var out Report
	for _, s := range p.suites {
		s.SystemOut, s.SystemErr = s.out.String(), s.err.String()
		if s.parent && len(s.Cases)+len(s.Properties) == 0 && s.SystemOut+s.SystemErr == "" {
			continue
		}
		if s.parent || !s.timed {
			s.Time = total(s.Cases)
		}
		out.Suites = append(out.Suites, s.Suite)
	}
	return out
}

func total(cases []Case) time.Duration {
	var d time.Duration
	for _, c := range cases {
		d = sum(d, c.Time)
	}
	return d
}

// attr is the first of the attributes that is there and not empty.
func attr(e xml.StartElement, names ...string) string {
	for _, name := range names {
		for _, a := range e.Attr {
			if a.Name.Local == name && a.Value != "" {
				return a.Value
			}
		}
	}
	return ""
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
