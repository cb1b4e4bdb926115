package report

import (
	"bytes"
	"time"
)

// Single is a report of one case: what stands for a suite that wrote none.
type Single struct {
	Suite   string
	Name    string
	Elapsed time.Duration
	Failure string // empty: it passed
	Output  string // of the container, its last lines
}

// Report is the report of that case.
func (s Single) Report() Report {
	c := Case{Name: s.Name, Class: s.Suite, Time: s.Elapsed}
	if s.Failure != "" {
		c.Status, c.Message, c.Text = Failed, s.Failure, s.Output
	}
	return Report{Suites: []Suite{{Name: s.Suite, Time: s.Elapsed, Cases: []Case{c}}}}
}

// JUnit gives the file's bytes.
func (s Single) JUnit() []byte {
	var b bytes.Buffer
	_ = Write(&b, s.Report()) // a buffer takes everything
	return b.Bytes()
}
