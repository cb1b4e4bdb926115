package freeze_test

import (
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/freeze"
)

func TestWindows(t *testing.T) {
	for _, c := range []struct {
		window, at string
		until      string // empty: it does not hold
	}{
		{"Fri 16:00 - Mon 08:00", "2026-11-27T15:59:59Z", ""},
		{"Fri 16:00 - Mon 08:00", "2026-11-27T16:00:00Z", "2026-11-30T08:00:00Z"},
		{"Fri 16:00 - Mon 08:00", "2026-11-29T12:00:00Z", "2026-11-30T08:00:00Z"},
		{"Fri 16:00 - Mon 08:00", "2026-11-30T07:59:59Z", "2026-11-30T08:00:00Z"},
		{"Fri 16:00 - Mon 08:00", "2026-11-30T08:00:00Z", ""},
		{"friday 16:00 - monday 08:00 Europe/Berlin", "2026-11-27T15:00:00Z", "2026-11-30T07:00:00Z"},
		{"Tue 09:00 - Tue 17:00", "2026-11-24T12:00:00Z", "2026-11-24T17:00:00Z"},
		{"Tue 17:00 - Tue 09:00", "2026-11-24T12:00:00Z", ""},
		// Clocks are put forward on Sunday, 29 March 2026: 08:00 on Monday all the same.
		{"Fri 16:00 - Mon 08:00 Europe/Berlin", "2026-03-30T05:59:00Z", "2026-03-30T06:00:00Z"},
		{"2026-12-20 - 2027-01-02", "2026-12-19T23:59:59Z", ""},
		{"2026-12-20 - 2027-01-02", "2027-01-02T23:59:59Z", "2027-01-03T00:00:00Z"},
		{"2026-12-20 18:00 - 2026-12-21T08:00 America/New_York", "2026-12-20T23:00:00Z", "2026-12-21T13:00:00Z"},
	} {
		w, err := freeze.Parse(c.window)
		if err != nil {
			t.Errorf("%s: %v", c.window, err)
			continue
		}
		at, _ := time.Parse(time.RFC3339, c.at)
		until, holds := w.Holds(at)
		if got := until.UTC().Format(time.RFC3339); holds != (c.until != "") || holds && got != c.until {
			t.Errorf("%s at %s holds %v until %s, want %q", c.window, c.at, holds, got, c.until)
		}
	}
	for _, bad := range []string{"", "weekends", "Fri - Mon", "Fri 16:00", "Fry 16:00 - Mon 08:00", "Fri 16:00 - Mon 08:00 Europe/Nowhere", "2026-12-20 - 2026-12-19", "2026-13-01 - 2026-14-01"} {
		if w, err := freeze.Parse(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, w)
		}
	}
}

// FuzzParse: what is read holds at its own beginning, or never does.
func FuzzParse(f *testing.F) {
	f.Add("Fri 16:00 - Mon 08:00 Europe/Berlin", int64(1764000000))
	f.Add("2026-12-20 - 2027-01-02", int64(1764000000))
	f.Fuzz(func(t *testing.T, text string, at int64) {
		w, err := freeze.Parse(text)
		if err != nil {
			return
		}
		now := time.Unix(at%(1<<34), 0)
		if until, holds := w.Holds(now); holds && !until.After(now) {
			t.Errorf("%q holds at %s until %s", text, now, until)
		}
	})
}
