// Package freeze knows the times during which nothing may change.
package freeze

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a window means the same where the machine, or a scratch image, has no zones
)

// Window is a span of time that comes once, or every week.
type Window struct {
	text       string
	weekly     bool
	start, end time.Time // of a weekly one in the first week of the year 1, a Monday's
	zone       *time.Location
}

// String is the window as it was written.
func (w Window) String() string { return w.text }

// Parse reads
//
//	Fri 16:00 - Mon 08:00 Europe/Berlin      every week
//	2026-12-20 - 2027-01-02                  both days included
//	2026-12-20 18:00 - 2027-01-02 08:00
//
// The zone is one of the IANA database, and UTC where none is named.
func Parse(text string) (Window, error) {
	w := Window{text: text, zone: time.UTC}
	from, to, ok := strings.Cut(text, " - ")
	if !ok {
		return w, fmt.Errorf("%q is no window; write it like Fri 16:00 - Mon 08:00 Europe/Berlin, or 2026-12-20 - 2027-01-02", text)
	}
	to = strings.TrimSpace(to)
	if head, zone, found := cutLast(to); found && strings.ContainsAny(zone, "/ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		loaded, err := time.LoadLocation(zone)
		if err != nil {
			return w, fmt.Errorf("window %q: %w", text, err)
		}
		w.zone, to = loaded, head
	}
	from = strings.TrimSpace(from)
	if w.weekly = strings.Contains(from, ":") && !strings.Contains(from, "-"); w.weekly {
		return w, w.parseWeekly(from, to)
	}
	return w, w.parseDates(from, to)
}

// cutLast parts the last word.
func cutLast(text string) (head, word string, ok bool) {
	i := strings.LastIndexByte(text, ' ')
	if i < 0 {
		return text, "", false
	}
	return strings.TrimSpace(text[:i]), text[i+1:], true
}

// monday is the first day of the calendar, and a Monday.
func monday() time.Time { return time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC) }

func (w *Window) parseWeekly(from, to string) (err error) {
	if w.start, err = weekTime(from); err == nil {
		w.end, err = weekTime(to)
	}
	if err == nil && !w.end.After(w.start) {
		w.end = w.end.AddDate(0, 0, 7)
	}
	if err != nil {
		return fmt.Errorf("window %q: %w", w.text, err)
	}
	return nil
}

// weekTime reads "Fri 16:00" as a time of the first week.
func weekTime(text string) (time.Time, error) {
	day, clock, _ := strings.Cut(text, " ")
	at, err := time.Parse("15:04", strings.TrimSpace(clock))
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not written like Fri 16:00", text)
	}
	for i := range 7 {
		date := monday().AddDate(0, 0, i)
		if strings.EqualFold(day, date.Format("Mon")) || strings.EqualFold(day, date.Format("Monday")) {
			return date.Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no day of the week", day)
}

func (w *Window) parseDates(from, to string) (err error) {
	if w.start, _, err = w.date(from); err == nil {
		var day bool
		if w.end, day, err = w.date(to); day {
			w.end = w.end.AddDate(0, 0, 1) // to the end of that day
		}
	}
	if err == nil && !w.end.After(w.start) {
		err = fmt.Errorf("it ends before it begins")
	}
	if err != nil {
		return fmt.Errorf("window %q: %w", w.text, err)
	}
	return nil
}

// date reads a day, or a minute of it.
func (w *Window) date(text string) (at time.Time, day bool, err error) {
	if at, err = time.ParseInLocation(time.DateOnly, text, w.zone); err == nil {
		return at, true, nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04"} {
		if at, err = time.ParseInLocation(layout, text, w.zone); err == nil {
			return at, false, nil
		}
	}
	return at, false, fmt.Errorf("%q is not written like 2026-12-20 or 2026-12-20 18:00", text)
}

// Holds says whether the window is open at a time, and until when. A weekly one
// follows the clock on the wall when that is put forward or back.
func (w Window) Holds(at time.Time) (until time.Time, open bool) {
	if !w.weekly {
		return w.end, !at.Before(w.start) && at.Before(w.end)
	}
	local := at.In(w.zone)
	sinceMonday := (int(local.Weekday()) + 6) % 7
	for _, week := range []int{-7, 0} { // one that began last week may go on
		day := func(t time.Time) time.Time {
			days := int(t.Sub(monday()).Hours() / 24)
			return time.Date(local.Year(), local.Month(), local.Day()-sinceMonday+week+days, t.Hour(), t.Minute(), 0, 0, w.zone)
		}
		start, end := day(w.start), day(w.end)
		if !at.Before(start) && at.Before(end) {
			return end, true
		}
	}
	return time.Time{}, false
}
