package promote_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/step/promote"
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
		w, err := promote.ParseWindow(c.window)
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
		if w, err := promote.ParseWindow(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, w)
		}
	}
}

// FuzzParseWindow: what is read holds at its own beginning, or never does.
func FuzzParseWindow(f *testing.F) {
	f.Add("Fri 16:00 - Mon 08:00 Europe/Berlin", int64(1764000000))
	f.Add("2026-12-20 - 2027-01-02", int64(1764000000))
	f.Fuzz(func(t *testing.T, text string, at int64) {
		w, err := promote.ParseWindow(text)
		if err != nil {
			return
		}
		now := time.Unix(at%(1<<34), 0)
		if until, holds := w.Holds(now); holds && !until.After(now) {
			t.Errorf("%q holds at %s until %s", text, now, until)
		}
	})
}

func TestFreeze(t *testing.T) {
	w, err := promote.ParseWindow("Fri 16:00 - Mon 08:00")
	if err != nil {
		t.Fatal(err)
	}
	saturday := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for day, want := range map[int]bool{0: false, 3: true} {
		gate := promote.Freeze{Windows: []promote.Window{w}, Now: func() time.Time { return saturday.AddDate(0, 0, day) }}
		v, err := gate.Ask(t.Context(), promote.Edge{})
		if err != nil || v.Allowed != want || v.Reason == "" || !want && v.Remedy != "wait until 2026-11-30T08:00:00Z" {
			t.Errorf("on day %d: %+v, %v", day, v, err)
		}
	}
}

// A command's exit code is its answer; without one there is none.
func TestExec(t *testing.T) {
	e := promote.Edge{Service: "orders", Environment: "production", From: "r/orders@sha256:1", Repository: "prod/orders", Tag: "live"}
	sh := func(script string) promote.Exec {
		return promote.Exec{Command: []string{"/bin/sh", "-c", script}, Env: []string{"PATH=/bin:/usr/bin"}, Limit: 5 * time.Second}
	}
	v, err := sh(`echo "$RETORT_SERVICE $RETORT_ENVIRONMENT $RETORT_DIGEST $RETORT_IMAGE $RETORT_TO"`).Ask(t.Context(), e)
	if want := "orders production sha256:1 r/orders@sha256:1 prod/orders:live"; err != nil || !v.Allowed || v.Reason != want {
		t.Errorf("%+v, %v, want %q", v, err, want)
	}
	v, err = sh(`echo first; echo "no ticket" >&2; exit 3`).Ask(t.Context(), e)
	if err != nil || v.Allowed || !strings.HasSuffix(v.Reason, "ended with exit code 3: no ticket") || v.Remedy == "" {
		t.Errorf("%+v, %v", v, err)
	}
	slow := sh("sleep 60")
	slow.Limit = 100 * time.Millisecond
	for name, gate := range map[string]promote.Exec{"too slow": slow, "not there": {Command: []string{"/no/such"}}, "killed": sh("kill -9 $$")} {
		if v, err := gate.Ask(t.Context(), e); err == nil || v.Allowed {
			t.Errorf("%s: %+v, want no answer", name, v)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if v, err := sh("exit 0").Ask(ctx, e); err == nil || v.Allowed {
		t.Errorf("called off: %+v", v)
	}
}

// A gate that could not be asked is no pass, and of another kind than a refusal.
func TestUnasked(t *testing.T) {
	p := open(t)
	e := p.edge(t, "orders")
	result, err := promote.Run(t.Context(), p, promote.Options{
		Edges: []promote.Edge{e}, Gates: []promote.Gate{promote.Exec{Command: []string{"/no/such"}}},
	})
	if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), "gate exec, orders to staging, could not be asked") {
		t.Errorf("error is %v on side %v", err, fault.SideOf(err))
	}
	if result.Moves[0].Moved || p.names(t, e.To()) != "" {
		t.Error("it was moved")
	}
}

// Soaking counts the time between records, all stays together.
func TestSoak(t *testing.T) {
	s := newShop(t, "orders 1", "orders 2")
	gate := promote.After{
		Registry: s, Environment: "staging",
		Where: func(service string) (string, string, error) { return s.addr + "/" + service, "staging", nil },
	}
	edge := s.images["orders 1"]
	for soak, want := range map[time.Duration]bool{0: true, time.Nanosecond: true, time.Hour: false} {
		gate.Soak = soak
		v, err := gate.Ask(t.Context(), edge)
		if err != nil || v.Allowed != want || !want && !strings.HasPrefix(v.Remedy, "wait another 59m") && !strings.HasPrefix(v.Remedy, "wait another 1h") {
			t.Errorf("soak %s: %+v, %v", soak, v, err)
		}
	}
	// A bare tag proves nothing.
	other := s.edge(t, "orders")
	if _, err := s.Copy(t.Context(), other.From, other.To()); err != nil {
		t.Fatal(err)
	}
	gate.Soak = 0
	if v, err := gate.Ask(t.Context(), other); err != nil || v.Allowed || !strings.Contains(v.Reason, "no record says") {
		t.Errorf("%+v, %v", v, err)
	}
}
