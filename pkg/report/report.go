// Package report reads and writes test reports.
//
// What is read is any dialect of JUnit's XML ([Read]) and the output of go test
// ([FromGoTest]). What is written ([Write]) is the strict subset that Jenkins'
// xUnit schema, junit-10.xsd, accepts. Between the two, [Merge] joins the
// attempts of a suite that was run again, and [Report.Summary] tells what a
// reader wants to know first.
package report

import "time"

// Report is what test suites found out.
type Report struct {
	Suites []Suite // nested suites stand one after the other
}

// Suite is a group of cases that ran together.
type Suite struct {
	Name       string
	Hostname   string
	Timestamp  time.Time     // of its start, in UTC; zero when it is not known
	Time       time.Duration // as the report says, else the sum of its cases
	Properties []Property
	Cases      []Case
	SystemOut  string
	SystemErr  string
}

// Property is a name and a value that a suite was run with.
type Property struct{ Name, Value string }

// Case is one test.
type Case struct {
	Name  string
	Class string // a class, a module or a package
	File  string // its source; written only where all cases of a suite share it
	Time  time.Duration

	// Status with the message, type and text of the failure, the error or the
	// skip. A case that passed has none of the three.
	Status  Status
	Message string
	Type    string
	Text    string

	Flaky []Failure // attempts that failed before the case passed
	Rerun []Failure // attempts that failed as well, after the first

	SystemOut string
	SystemErr string
}

// Failure is an attempt that failed.
type Failure struct {
	Error     bool // it could not be carried out, rather than found something wrong
	Message   string
	Type      string
	Text      string // the stack trace
	SystemOut string
	SystemErr string
}
