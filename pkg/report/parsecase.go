package report

import (
	"encoding/xml"
	"strings"
)

// openCase is a case while it is read.
type openCase struct {
	Case
	text, out, err passage
}

// startCase reads a case to its end. What it got is kept when the file breaks
// off inside, but without a result it must not count as passed.
func (p *parser) startCase(e xml.StartElement) error {
	p.known = true
	s := p.innermost()
	c := &openCase{Case: Case{
		Name:  attr(e, "name"),
		Class: attr(e, "classname", "class"),
		File:  either(attr(e, "file"), s.file),
		Time:  parseSeconds(attr(e, "time")),
	}}
	err := p.children(func(child xml.StartElement) error { return p.caseChild(c, child) })
	if c.Status == Passed {
		c.Status = saidStatus(e)
	}
	if err != nil && c.Status == Passed {
		c.Status, c.Message = Errored, "the report breaks off inside this case"
	}
	c.Text, c.SystemOut, c.SystemErr = c.text.String(), c.out.String(), c.err.String()
	s.Cases = append(s.Cases, c.Case)
	if err != nil {
		return err
	}
	return p.count()
}

func (p *parser) caseChild(c *openCase, e xml.StartElement) error {
	switch e.Name.Local {
	case "failure":
		return p.result(c, Failed, e)
	case "error":
		return p.result(c, Errored, e)
	case "skipped":
		return p.result(c, Skipped, e)
	case "rerunFailure", "rerunError":
		return p.attempt(&c.Rerun, e)
	case "flakyFailure", "flakyError":
		return p.attempt(&c.Flaky, e)
	case "system-out":
		return p.text(&c.out)
	case "system-err":
		return p.text(&c.err)
	}
	return p.skip()
}

// result reads what a case came to. Of several, as soft assertions leave them,
// the first failure gives the status and the others add to its text.
func (p *parser) result(c *openCase, status Status, e xml.StartElement) error {
	message := attr(e, "message")
	if c.Status == Passed || c.Status == Skipped && status != Skipped {
		c.Status, c.Message, c.Type = status, message, attr(e, "type")
		c.text = passage{}
		return p.text(&c.text)
	}
	var text passage
	err := p.text(&text)
	if !strings.Contains(text.String(), message) {
		c.text.add(message)
	}
	c.text.add(text.String())
	return err
}

// attempt reads an attempt that failed, as Surefire writes it: the trace stands
// in an element of its own, and before version 2.22.1 right inside.
func (p *parser) attempt(to *[]Failure, e xml.StartElement) error {
	f := Failure{
		Error:   strings.HasSuffix(e.Name.Local, "Error"),
		Message: attr(e, "message"),
		Type:    attr(e, "type"),
	}
	var trace, out, errs passage
	inside, err := p.mixed(func(child xml.StartElement) error {
		switch child.Name.Local {
		case "stackTrace":
			return p.text(&trace)
		case "system-out":
			return p.text(&out)
		case "system-err":
			return p.text(&errs)
		}
		return p.skip()
	})
	f.Text, f.SystemOut, f.SystemErr = either(trace.String(), inside), out.String(), errs.String()
	*to = append(*to, f)
	if err != nil {
		return err
	}
	return p.count()
}

// saidStatus is what the attributes of a case tell of its result where there is
// no element for it, as with googletest and CTest.
func saidStatus(e xml.StartElement) Status {
	for _, name := range []string{"result", "status"} {
		switch strings.ToLower(attr(e, name)) {
		case "notrun", "disabled", "skipped", "suppressed", "ignored", "pending":
			return Skipped
		case "fail", "failed", "failure":
			return Failed
		case "error", "errored", "broken":
			return Errored
		}
	}
	return Passed
}
