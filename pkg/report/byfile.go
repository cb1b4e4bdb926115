package report

import "slices"

// ByFile gives the same cases, in suites that have cases of one file each: what Write
// cannot say of a case, it can say of its suite. A suite of several files becomes
// several of its name, the first of which keeps what is not about one case.
func (r Report) ByFile() Report {
	var out Report
	for _, s := range r.Suites {
		out.Suites = append(out.Suites, s.byFile()...)
	}
	return out
}

func (s Suite) byFile() []Suite {
	if !slices.ContainsFunc(s.Cases, func(c Case) bool { return c.File != s.Cases[0].File }) {
		return []Suite{s}
	}
	at := map[string]int{}
	var parts []Suite
	for _, c := range s.Cases {
		i, ok := at[c.File]
		if !ok {
			i = len(parts)
			at[c.File] = i
			parts = append(parts, Suite{Name: s.Name, Timestamp: s.Timestamp, Hostname: s.Hostname})
		}
		parts[i].Cases = append(parts[i].Cases, c)
		parts[i].Time += c.Time
	}
	parts[0].Properties, parts[0].SystemOut, parts[0].SystemErr = s.Properties, s.SystemOut, s.SystemErr
	return parts
}
