package report

import "slices"

// attempts are the runs of one case, the first one first.
type attempts struct{ all []Case }

// decisive are the attempts that tell something of the case: a run that skips
// it, as one does that only repeats what failed, says nothing new.
func (a *attempts) decisive() []Case {
	var out []Case
	for _, c := range a.all {
		if c.Status != Skipped {
			out = append(out, c)
		}
	}
	return out
}

// bad says whether the case stands as failed.
func (a *attempts) bad() bool {
	ran := a.decisive()
	return len(ran) > 0 && ran[len(ran)-1].Status.Bad()
}

// outcome makes one case of the attempts. In a suite that passed in the end, it
// passed.
func (a *attempts) outcome(passed bool) Case {
	ran := a.decisive()
	if len(ran) == 0 {
		return a.all[len(a.all)-1]
	}
	last := ran[len(ran)-1]
	bad := last.Status.Bad() && !passed
	if len(ran) == 1 && bad == last.Status.Bad() {
		return last
	}
	failures := failuresOf(ran)
	if bad {
		return failed(last, failures)
	}
	if last.Status.Bad() {
		last = Case{Name: last.Name, Class: last.Class, File: last.File, Time: last.Time}
	}
	last.Flaky, last.Rerun = failures, nil
	return last
}

// failed is the case with its first failure as its own.
func failed(c Case, failures []Failure) Case {
	first := failures[0]
	out := Case{
		Name: c.Name, Class: c.Class, File: c.File, Time: c.Time,
		Status: Failed, Message: first.Message, Type: first.Type, Text: first.Text,
		SystemOut: first.SystemOut, SystemErr: first.SystemErr,
		Rerun: slices.Clone(failures[1:]),
	}
	if first.Error {
		out.Status = Errored
	}
	return out
}

// failuresOf gives every failed attempt in order, among them those that the
// test runner itself repeated.
func failuresOf(ran []Case) []Failure {
	var out []Failure
	for _, c := range ran {
		out = append(out, c.Flaky...)
		if c.Status.Bad() {
			out = append(out, c.failure())
		}
		out = append(out, c.Rerun...)
	}
	return out
}

// failure is the failed case as one of several attempts.
func (c Case) failure() Failure {
	return Failure{
		Error:     c.Status == Errored,
		Message:   c.Message,
		Type:      c.Type,
		Text:      c.Text,
		SystemOut: c.SystemOut,
		SystemErr: c.SystemErr,
	}
}

// badFirst orders the cases that stand as failed before the others.
func badFirst(cases []*attempts) []*attempts {
	out := slices.Clone(cases)
	slices.SortStableFunc(out, func(a, b *attempts) int {
		switch {
		case a.bad() == b.bad():
			return 0
		case a.bad():
			return -1
		}
		return 1
	})
	return out
}
