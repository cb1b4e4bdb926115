package project

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
)

// structure reads the files of a section that has them and verifies nothing
// else; fields are all of that section.
func (v value) structure(fields map[string]value) []string {
	for _, key := range suiteKeys() {
		if field := fields[key]; field.raw != nil {
			field.fail("only a suite that verifies services has it; structure checks go by themselves")
		}
	}
	files := said(v.oneOrMore())
	if len(files) == 0 {
		v.fail("must name at least one file")
	}
	return files
}

// checks makes the paths of a service's structure checks absolute, and sees to
// it that there is a digest for the verdict to be about.
func (m *model) checks(s Service) []string {
	if len(s.Structure) > 0 && s.Build == nil {
		m.report.add(m.report.places.value("services", s.Name, extension, "structure"),
			"services.%s.x-retort.structure: %q is not built here, so there is no digest to verify", s.Name, s.Name)
	}
	var files []string
	for _, file := range s.Structure {
		if !filepath.IsAbs(file) {
			file = filepath.Join(m.src.dir, file)
		}
		files = append(files, file)
	}
	return files
}

// addChecks adds the suites that the services' structure checks make.
func (m *model) addChecks(p *Project) {
	for _, s := range p.Services {
		if len(s.Structure) == 0 || s.Build == nil {
			continue
		}
		name := s.structureSuite()
		if _, taken := p.find(name); taken {
			m.report.hint("give the service another name", m.report.places.key("services", name),
				"services.%s: the suite that the structure checks of %q make has this name", name, s.Name)
			continue
		}
		p.Services = append(p.Services, Service{Name: name, Suite: &Suite{
			Verifies: []string{s.Name}, Timeout: DefaultTimeout, Structure: s.Structure,
		}})
	}
	slices.SortFunc(p.Services, func(a, b Service) int { return strings.Compare(a.Name, b.Name) })
}

// structureSuite is the name of the suite that a service's structure checks
// make.
func (s Service) structureSuite() string { return s.Name + "-structure" }

// isStructure is true for a suite of structure checks, which has no image.
func (s Service) isStructure() bool { return s.Suite != nil && len(s.Suite.Structure) > 0 }

func imageless(s Service) error {
	return fault.New(fault.Usage, "name the service it checks: "+strings.Join(s.Suite.Verifies, " "),
		"service %q is a suite of structure checks, which have no image of their own", s.Name)
}

func (s Service) whyNoSuite() string {
	if len(s.Structure) > 0 {
		return "its structure checks are, under the name " + s.structureSuite()
	}
	return "it has no x-retort section"
}
