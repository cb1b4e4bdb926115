package versus

import (
	"fmt"
	"strings"
)

// Amount is what needs no peer to be held against: requests, bytes, memory, or a
// time that nobody else has.
type Amount struct {
	Work       string // as the table has it
	Unit       string // "requests", "MB", "ms"
	Got, Limit int
}

// Report logs the line of the table, which says MISSED when Got is above Limit.
func (a Amount) Report(b B) {
	b.Helper()
	verdict := "ok"
	if a.Got > a.Limit {
		verdict = "MISSED"
	}
	b.Log(strings.Join([]string{"versus", a.Work, fmt.Sprintf("%d %s", a.Got, a.Unit), "", "-", fmt.Sprint(a.Limit), verdict}, "\t"))
}
