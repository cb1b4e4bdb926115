package scaffold

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/retort-ci/retort/pkg/fault"
)

// service is one of a compose file that is made anew.
type service struct {
	Name, Image string
	Build       string   // as a flow mapping
	Verifies    []string // of a suite
	NoCommand   bool     // of a suite: nothing says what its container runs
}

// aside are variants of Dockerfiles that people keep for themselves.
func aside() []string { return []string{"dev", "local", "debug", "test", "tests", "ci"} }

// create plans a compose file for the Dockerfiles.
func (r *repository) create(plan *Plan) (facts, error) {
	var shipped, suites []service
	for _, d := range r.dockerfiles {
		if v := variant(d.path); slices.Contains(aside(), v) {
			plan.note("%s was left out: a %s image is not shipped", d.path, v)
			continue
		}
		name := r.serviceName(d, shipped)
		target, known := d.target()
		if !known {
			plan.note("%s: the stage in front of the tests has no name; name it, and say in %s: target: NAME", d.path, newCompose)
		}
		shipped = append(shipped, service{Name: name, Build: d.build(r.dir, target)})
		if test, ok := d.testStage(); ok {
			suites = append(suites, service{Name: name + "-unit", Build: d.build(r.dir, test.name), Verifies: []string{name}, NoCommand: !test.command})
		}
	}
	if len(shipped) == 0 {
		return facts{}, fault.New(fault.Usage, "write a Dockerfile, or say where the repository is with -C DIR",
			"no compose file and no Dockerfile in %s", r.dir)
	}
	for i := range shipped {
		shipped[i].Image = r.image(shipped[i].Name)
	}
	if len(suites) == 1 && len(shipped) == 1 {
		suites[0].Name = "unit"
	}
	suites = noteSuites(plan, suites)
	text, err := render("compose.yaml", map[string]any{"Project": r.name, "Services": shipped, "Suites": suites})
	if err != nil {
		return facts{}, err
	}
	environments, err := render("environments.yaml", r.common())
	if err != nil {
		return facts{}, err
	}
	return newFacts(r, len(suites) > 0), plan.add(newCompose, append(text, environments...), false)
}

// noteSuites tells of suites that cannot run as they are, and of the lack of any.
func noteSuites(plan *Plan, suites []service) []service {
	for _, s := range suites {
		if s.NoCommand {
			plan.note("suite %s: its stage has no CMD, so say what its container runs: command: […]", s.Name)
		}
	}
	if len(suites) == 0 {
		plan.note("there is no suite yet: nothing is tested before it is pushed; " +
			"a stage named test in a Dockerfile, or a service with x-retort: { verifies: […] }, is one")
	}
	return suites
}

// serviceName is the project's name for the Dockerfile at the root, and that of
// the directory for others.
func (r *repository) serviceName(d dockerfile, taken []service) string {
	dir, v := path.Dir(d.path), variant(d.path)
	name := r.name
	switch {
	case dir != "." && v != "":
		name = nameOf(path.Base(dir) + "-" + v)
	case dir != ".":
		name = nameOf(path.Base(dir))
	case v != "":
		name = nameOf(v)
	}
	used := func(name string) bool {
		return slices.ContainsFunc(taken, func(s service) bool { return s.Name == name })
	}
	if used(name) {
		name = nameOf(strings.ReplaceAll(d.path[:len(d.path)-len(path.Base(d.path))], "/", "-") + v)
	}
	for n := 2; used(name); n++ {
		name = fmt.Sprintf("%s-%d", strings.TrimRight(name, "-0123456789"), n)
	}
	return name
}

// Verified is the list of a suite, in flow style.
func (s service) Verified() string { return strings.Join(s.Verifies, ", ") }

// image is the repository of a service. A project of one service gives it its
// own name.
func (r *repository) image(name string) string {
	repository := r.name + "/" + name
	if name == r.name {
		repository = name
	}
	return "${REGISTRY:-127.0.0.1:5000}/" + repository
}

// build is the Dockerfile's build section, in flow style.
func (d dockerfile) build(dir, target string) string {
	context := d.context(dir)
	parts := []string{"context: " + scalar(context)}
	file := d.path
	if context != "." {
		file = strings.TrimPrefix(d.path, context+"/")
	}
	if file != "Dockerfile" {
		parts = append(parts, "dockerfile: "+scalar(file))
	}
	if target != "" {
		parts = append(parts, "target: "+scalar(target))
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// scalar quotes what would not be the same text in a flow sequence.
func scalar(s string) string {
	var list []any
	if err := yaml.Unmarshal([]byte("["+s+"]"), &list); err == nil && len(list) == 1 && list[0] == s {
		return s
	}
	return fmt.Sprintf("%q", s)
}
