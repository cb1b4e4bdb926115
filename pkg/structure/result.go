package structure

import (
	"fmt"
	"time"
)

// Kind is the section of the file that a result is of.
type Kind string

// The kinds, by the format's names.
const (
	FileExistence Kind = "fileExistenceTests"
	FileContent   Kind = "fileContentTests"
	Metadata      Kind = "metadataTest"
	Command       Kind = "commandTests"
)

// Result is the outcome of one test. Kind and Name make a JUnit case: class
// name and name; Problems its failure, Stdout and Stderr its system-out and
// system-err.
type Result struct {
	Kind     Kind
	Name     string // as the file gives it; the metadataTest, which has none, is called "metadata"
	Passed   bool
	Problems []string // what is not as expected, a line each; none when Passed
	Warnings []string // what went wrong and is not the test's matter
	Stdout   string   // of a command test's command, at most 4 MiB
	Stderr   string
	// Elapsed is the time of this test alone. Reading the layers, which is done
	// once for all file tests, is in no result.
	Elapsed time.Duration
}

// verdict makes the result of a test that began at start.
func verdict(kind Kind, name string, start time.Time, problems problems) Result {
	return Result{Kind: kind, Name: name, Passed: len(problems) == 0, Problems: problems, Elapsed: time.Since(start)}
}

// problems grow while a test is checked.
type problems []string

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }
