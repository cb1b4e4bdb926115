package promote

import (
	"slices"
	"time"

	"github.com/retort-ci/retort/pkg/registry"
)

// entry is a digest that a service ran, since a promotion at that time. Services
// that entered together have the same time to the nanosecond.
type entry struct {
	digest string
	at     time.Time
}

// timeline is what a service ran in an environment, as a browser keeps pages: a
// rollback goes back in it, a forward returns, and a promotion ends what was
// ahead.
type timeline struct {
	entries []entry
	now     int       // index of what the last record says; -1 without any
	changed time.Time // of the last record
}

// newTimeline replays a service's records, the newest first as History gives them.
func newTimeline(records []registry.Record) timeline {
	t := timeline{now: -1}
	for _, r := range slices.Backward(records) {
		t.changed = r.Time
		if r.Action == registry.Rollback {
			if i := t.nearest(r.Digest); i >= 0 {
				t.now = i
				continue
			}
		}
		t.entries = append(t.entries[:t.now+1], entry{r.Digest, r.Time})
		t.now = len(t.entries) - 1
	}
	return t
}

// promoted is when the service last entered, going back and forth aside.
func (t timeline) promoted() time.Time {
	if len(t.entries) == 0 {
		return time.Time{}
	}
	return t.entries[len(t.entries)-1].at
}

// forget ends what is ahead of services that were rolled back before another
// one was promoted: the two have never run beside each other.
func forget(timelines []timeline) {
	var newest time.Time
	for _, t := range timelines {
		if t.now == len(t.entries)-1 && t.promoted().After(newest) {
			newest = t.promoted()
		}
	}
	for i := range timelines {
		if t := &timelines[i]; t.changed.Before(newest) {
			t.entries = t.entries[:t.now+1]
		}
	}
}

// nearest is the entry of the digest that is the fewest steps away, the older of
// two; -1 when there is none.
func (t timeline) nearest(digest string) int {
	found := -1
	for i, e := range t.entries {
		if e.digest == digest && (found < 0 || distance(i, t.now) < distance(found, t.now)) {
			found = i
		}
	}
	return found
}

func distance(a, b int) int { return max(a-b, b-a) }

// at is the entry that the service ran at a time, -1 when it ran none: what the
// records say, rollbacks too.
func at(records []registry.Record, when time.Time) (string, bool) {
	for _, r := range records { // the newest first
		if !r.Time.After(when) {
			return r.Digest, true
		}
	}
	return "", false
}

// step moves those timelines by one that the last promotion among what runs now
// is about: back to what was before it. Forward, those that the next promotion
// is about. It gives the indexes of those that moved.
func step(timelines []timeline, forward bool) []int {
	var moved []int
	var when time.Time
	for i, t := range timelines {
		e, ok := t.edge(forward)
		if !ok {
			continue
		}
		switch c := e.at.Compare(when); {
		case len(moved) == 0, !forward && c > 0, forward && c < 0:
			moved, when = []int{i}, e.at
		case c == 0:
			moved = append(moved, i)
		}
	}
	for _, i := range moved {
		if forward {
			timelines[i].now++
		} else {
			timelines[i].now--
		}
	}
	return moved
}

// edge is the promotion that a step would undo, or do again.
func (t timeline) edge(forward bool) (entry, bool) {
	switch {
	case forward && t.now+1 < len(t.entries):
		return t.entries[t.now+1], true
	case !forward && t.now > 0:
		return t.entries[t.now], true
	}
	return entry{}, false
}
