package report

// Status is the result of a case.
type Status int

// The results. JUnit tells failures, which an assertion found, from errors,
// which kept the case from telling.
const (
	Passed Status = iota
	Failed
	Errored
	Skipped
)

func (s Status) String() string {
	switch s {
	case Passed:
		return "passed"
	case Failed:
		return "failed"
	case Errored:
		return "errored"
	case Skipped:
		return "skipped"
	}
	return "unknown"
}

// Bad says whether the case failed or could not be carried out.
func (s Status) Bad() bool { return s == Failed || s == Errored }
