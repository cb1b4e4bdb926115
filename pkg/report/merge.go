package report

// Merge joins the attempts of a suite that was run again, the first one first.
// The last attempt of a case decides: one that failed and then passed has
// passed, with each failure among its Flaky; one that failed to the end keeps
// its first failure, with the others among its Rerun. A later attempt that left
// the case out, or skipped it, decides nothing by itself.
//
// But where the last attempt has cases that passed and none that failed, nothing
// stays failed: what an earlier attempt alone knew (a container that died, a
// package that did not build) counts as flaky. So an attempt that failed must
// show it: if none of its cases does, put a [Single] beside them.
//
// A case is known by its suite, its class and its name. Several of the same in
// one report stay several: the first of a rerun belongs to the first here, and
// so on; if the rerun has fewer, they belong to those that failed.
//
// The merged suite took the time of all its attempts. Its output and its
// properties are those of the last attempt that had it.
func Merge(first Report, reruns ...Report) Report {
	m := newMerger(first)
	last := first
	for _, r := range reruns {
		m.add(r)
		last = r
	}
	c := last.Counts()
	return m.report(c.Passed > 0 && c.Bad() == 0)
}

// merger is the report as it grows.
type merger struct {
	suites []*mergedSuite
	byName map[string][]*mergedSuite
	cases  map[caseKey][]*attempts // in the order in which they were met
}

type caseKey struct{ suite, class, name string }

// mergedSuite is a suite with its cases in their order.
type mergedSuite struct {
	Suite
	cases []*attempts
}

func newMerger(first Report) *merger {
	m := &merger{byName: map[string][]*mergedSuite{}, cases: map[caseKey][]*attempts{}}
	for _, s := range first.Suites {
		merged := m.newSuite(s)
		for _, c := range s.Cases {
			m.newCase(merged, c)
		}
	}
	return m
}

// add joins one more attempt.
func (m *merger) add(r Report) {
	again := map[caseKey][]Case{}
	for _, s := range r.Suites {
		for _, c := range s.Cases {
			key := caseKey{s.Name, c.Class, c.Name}
			again[key] = append(again[key], c)
		}
	}
	seen := map[string]int{}
	for _, s := range r.Suites {
		merged := m.suite(s, seen[s.Name])
		seen[s.Name]++
		for _, c := range s.Cases {
			key := caseKey{s.Name, c.Class, c.Name}
			m.match(merged, key, again[key])
			delete(again, key)
		}
	}
}

// match gives the cases of one key to those that they are attempts of.
func (m *merger) match(s *mergedSuite, key caseKey, cases []Case) {
	known := m.cases[key]
	if len(cases) < len(known) {
		known = badFirst(known)
	}
	for i, c := range cases {
		if i < len(known) {
			known[i].all = append(known[i].all, c)
		} else {
			m.newCase(s, c)
		}
	}
}

// suite is the nth suite of that name, with what the new attempt says of it.
func (m *merger) suite(s Suite, n int) *mergedSuite {
	same := m.byName[s.Name]
	if n >= len(same) {
		return m.newSuite(s)
	}
	known := same[n]
	known.Time = sum(known.Time, s.Time)
	known.Properties, known.SystemOut, known.SystemErr = s.Properties, s.SystemOut, s.SystemErr
	return known
}

func (m *merger) newSuite(s Suite) *mergedSuite {
	merged := &mergedSuite{Suite: s}
	merged.Cases = nil
	m.suites = append(m.suites, merged)
	m.byName[s.Name] = append(m.byName[s.Name], merged)
	return merged
}

func (m *merger) newCase(s *mergedSuite, c Case) {
	key := caseKey{s.Name, c.Class, c.Name}
	a := &attempts{all: []Case{c}}
	s.cases, m.cases[key] = append(s.cases, a), append(m.cases[key], a)
}

// report gives the merged report; passed says whether the last attempt did, as a
// whole.
func (m *merger) report(passed bool) Report {
	var out Report
	for _, s := range m.suites {
		for _, a := range s.cases {
			s.Cases = append(s.Cases, a.outcome(passed))
		}
		out.Suites = append(out.Suites, s.Suite)
	}
	return out
}
