package report

import "time"

// Counts are the numbers of a suite or of a report.
type Counts struct {
	Tests   int // all of them
	Passed  int // among them the flaky ones
	Failed  int
	Errored int
	Skipped int
	Flaky   int // passed after an attempt that failed
	Time    time.Duration
}

// Bad is how many cases failed or could not be carried out.
func (c Counts) Bad() int { return c.Failed + c.Errored }

// Counts counts the cases of all suites.
func (r Report) Counts() Counts {
	var c Counts
	for _, s := range r.Suites {
		c.add(s)
	}
	return c
}

// Counts counts the suite's cases. What its report said of their number is of
// no account.
func (s Suite) Counts() Counts {
	var c Counts
	c.add(s)
	return c
}

func (c *Counts) add(s Suite) {
	c.Time = sum(c.Time, s.Time)
	c.Tests += len(s.Cases)
	for _, one := range s.Cases {
		switch one.Status {
		case Passed:
			c.Passed++
		case Failed:
			c.Failed++
		case Errored:
			c.Errored++
		case Skipped:
			c.Skipped++
		}
		if one.IsFlaky() {
			c.Flaky++
		}
	}
}

// IsFlaky says whether the case passed after an attempt that failed.
func (c Case) IsFlaky() bool { return c.Status == Passed && len(c.Flaky) > 0 }
