package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
)

// parser walks through the elements down to cases. It keeps the open suites on
// a stack of its own, so that a deeply nested file costs no deep calls.
type parser struct {
	dec    *xml.Decoder
	suites []*openSuite // in the order in which they begin
	open   []*openSuite // those around the next token, innermost last
	depth  int          // of elements that are open
	left   int          // of suites, properties, cases and attempts that may still come

	known bool // an element of JUnit was met
	alien bool // something else was met outside of any
}

// run reads to the end of the file.
func (p *parser) run() error {
	for {
		token, err := p.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			err = p.start(t)
		case xml.EndElement:
			p.end(t)
		case xml.CharData:
			p.alien = p.alien || len(bytes.TrimSpace(t)) > 0
		}
		if err != nil {
			return err
		}
	}
}

func (p *parser) start(e xml.StartElement) error {
	switch e.Name.Local {
	case "testsuites", "testsuite":
		return p.startSuite(e)
	case "testcase":
		return p.startCase(e)
	case "properties":
		return nil // what is inside comes next
	}
	if !p.known {
		p.alien = true
		return p.skip()
	}
	s := p.innermost()
	switch e.Name.Local {
	case "property":
		s.Properties = append(s.Properties, Property{attr(e, "name"), attr(e, "value")})
		if err := p.count(); err != nil {
			return err
		}
	case "system-out":
		return p.text(&s.out)
	case "system-err":
		return p.text(&s.err)
	}
	return p.skip()
}

// startSuite opens a suite. What it does not say, it has from the one around
// it. testsuites is one too: some reporters put cases right into it.
func (p *parser) startSuite(e xml.StartElement) error {
	p.known = true
	s := &openSuite{file: attr(e, "file")}
	s.Name = attr(e, "name")
	if len(p.open) > 0 {
		outer := p.innermost()
		outer.parent = true
		s.Name, s.file = either(s.Name, outer.Name), either(s.file, outer.file)
	}
	s.parent = e.Name.Local == "testsuites"
	s.Hostname, s.Timestamp = attr(e, "hostname"), timestamp(attr(e, "timestamp"))
	length := attr(e, "time")
	s.Time, s.timed = parseSeconds(length), length != ""
	p.open, p.suites = append(p.open, s), append(p.suites, s)
	return p.count()
}

func (p *parser) end(e xml.EndElement) {
	if e.Name.Local == "testsuites" || e.Name.Local == "testsuite" {
		p.open = p.open[:len(p.open)-1]
	}
}

// innermost is the suite that the next element belongs to. A case outside of
// all suites makes one.
func (p *parser) innermost() *openSuite {
	if len(p.open) == 0 {
		s := &openSuite{parent: true}
		p.open, p.suites = append(p.open, s), append(p.suites, s)
	}
	return p.open[len(p.open)-1]
}

// count refuses a report that would grow beyond all measure in memory.
func (p *parser) count() error {
	if p.left--; p.left < 0 {
		return ErrTooLarge
	}
	return nil
}
