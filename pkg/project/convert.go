package project

import (
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
)

// convert puts compose-go's model into our shape. What cannot be put there is
// noted in the model's report.
func convert(m *model) *Project {
	p := &Project{Name: m.compose.Name, Dir: m.src.dir}
	for _, file := range m.src.files {
		p.Files = append(p.Files, file.Filename)
	}
	for _, name := range slices.Sorted(maps.Keys(m.compose.Services)) {
		p.Services = append(p.Services, m.service(m.compose.Services[name]))
	}
	m.addChecks(p)
	if raw, ok := m.tree[extension]; ok {
		m.report.value(raw, extension).project(p)
	}
	return p
}

func (m *model) service(s types.ServiceConfig) Service {
	out := Service{
		Name:      s.Name,
		Image:     s.Image,
		Profiles:  s.Profiles,
		DependsOn: m.dependencies(s.DependsOn),
		Run:       m.run(s),
	}
	if s.Build != nil {
		out.Build = m.build(s.Name, *s.Build)
	}
	services, _ := m.tree["services"].(map[string]any)
	service, _ := services[s.Name].(map[string]any)
	// From the tree, since compose-go's structs lose keys like x-… within.
	if raw, ok := service[extension]; ok {
		out.Suite, out.Structure = m.report.value(raw, "services", s.Name, extension).section()
		out.Structure = m.checks(out)
	}
	return out
}

// dependencies leaves out those that need not be there, and are of profiles that
// are not asked for: Compose does not start them.
func (m *model) dependencies(all types.DependsOnConfig) []Dependency {
	var out []Dependency
	for _, name := range slices.Sorted(maps.Keys(all)) {
		d := all[name]
		if !d.Required && !m.compose.Services[name].HasProfile(m.profiles) {
			continue
		}
		out = append(out, Dependency{Service: name, Condition: Condition(d.Condition), Required: d.Required})
	}
	return out
}
