package project

import "slices"

// tidy brings what was found to be right into the order that the types promise.
func (p *Project) tidy() {
	p.Environments = inOrder(p.Environments)
	for _, s := range p.Services {
		if s.Suite != nil {
			slices.Sort(s.Suite.Verifies)
			s.Suite.Verifies = slices.Compact(s.Suite.Verifies)
		}
	}
}

// inOrder puts each environment behind the one it comes after, and leaves the
// order as it is otherwise. There is no cycle.
func inOrder(environments []Environment) []Environment {
	var ordered []Environment
	var place func(name string)
	place = func(name string) {
		i := slices.IndexFunc(environments, func(e Environment) bool { return e.Name == name })
		placed := slices.ContainsFunc(ordered, func(e Environment) bool { return e.Name == name })
		if i < 0 || placed {
			return
		}
		place(environments[i].After)
		ordered = append(ordered, environments[i])
	}
	for _, e := range environments {
		place(e.Name)
	}
	return ordered
}
