package report

// Map gives the report with every text in it replaced by what f makes of it: the
// names, messages and output of suites, cases and attempts.
func (r Report) Map(f func(string) string) Report {
	out := Report{Suites: make([]Suite, len(r.Suites))}
	for i, s := range r.Suites {
		s.Name, s.Hostname, s.SystemOut, s.SystemErr = f(s.Name), f(s.Hostname), f(s.SystemOut), f(s.SystemErr)
		properties := make([]Property, len(s.Properties))
		for k, p := range s.Properties {
			properties[k] = Property{f(p.Name), f(p.Value)}
		}
		cases := make([]Case, len(s.Cases))
		for k, c := range s.Cases {
			cases[k] = c.mapped(f)
		}
		s.Properties, s.Cases = properties, cases
		out.Suites[i] = s
	}
	return out
}

func (c Case) mapped(f func(string) string) Case {
	c.Name, c.Class, c.File = f(c.Name), f(c.Class), f(c.File)
	c.Message, c.Type, c.Text = f(c.Message), f(c.Type), f(c.Text)
	c.SystemOut, c.SystemErr = f(c.SystemOut), f(c.SystemErr)
	c.Flaky, c.Rerun = mapped(c.Flaky, f), mapped(c.Rerun, f)
	return c
}

func mapped(all []Failure, f func(string) string) []Failure {
	var out []Failure
	for _, one := range all {
		one.Message, one.Type, one.Text = f(one.Message), f(one.Type), f(one.Text)
		one.SystemOut, one.SystemErr = f(one.SystemOut), f(one.SystemErr)
		out = append(out, one)
	}
	return out
}
