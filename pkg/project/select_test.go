package project_test

import (
	"slices"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

func namesOf(services []project.Service) []string {
	var names []string
	for _, s := range services {
		names = append(names, s.Name)
	}
	return names
}

func TestChoosing(t *testing.T) {
	p := shop(t)
	p.Services = append(p.Services, project.Service{Name: "cache", Image: "docker.io/library/redis"})
	all := "the project's services are billing, broker, e2e, orders, orders-unit, cache"
	for _, tt := range []struct {
		name      string
		choose    func(names ...string) ([]project.Service, error)
		names     []string
		want      []string
		err, hint string
	}{
		{name: "all deployables", choose: p.Select, want: []string{"billing", "orders"}},
		{
			name: "in the order asked for, once", choose: p.Select,
			names: []string{"orders", "billing", "orders"}, want: []string{"orders", "billing"},
		},
		{
			name: "no such service", choose: p.Select, names: []string{"billing", "order"},
			err: `unknown service "order" (did you mean "orders"?)`, hint: all,
		},
		{name: "nothing like it", choose: p.Select, names: []string{"zzz"}, err: `unknown service "zzz"`, hint: all},
		{
			name: "a suite is not deployed", choose: p.Select, names: []string{"e2e"},
			err: `service "e2e" is a suite, which is not deployed`, hint: "name the services it verifies: billing orders",
		},
		{
			name: "nor is a service without repository", choose: p.Select, names: []string{"broker"},
			err: `service "broker" has no repository`, hint: "name its repository: image: 127.0.0.1:5000/shop/broker",
		},
		{
			name: "nor one that is not ours", choose: p.Select, names: []string{"cache"},
			err: `service "cache" is not built here: its image is docker.io/library/redis`, hint: "give it a build section if it is yours",
		},
		{name: "all that is built", choose: p.Built, want: []string{"billing", "broker", "e2e", "orders", "orders-unit"}},
		{name: "built, by name", choose: p.Built, names: []string{"e2e", "broker"}, want: []string{"e2e", "broker"}},
		{
			name: "not built", choose: p.Built, names: []string{"cache"},
			err: `service "cache" is not built here: its image is docker.io/library/redis`, hint: "give it a build section if it is yours",
		},
		{name: "all suites", choose: p.Suites, want: []string{"e2e", "orders-unit"}},
		{name: "a suite by name", choose: p.Suites, names: []string{"orders-unit"}, want: []string{"orders-unit"}},
		{name: "no such suite", choose: p.Suites, names: []string{"e2"}, err: `unknown service "e2" (did you mean "e2e"?)`, hint: all},
		{
			name: "a service is no suite", choose: p.Suites, names: []string{"orders"},
			err: `service "orders" is not a suite: it has no x-retort section`, hint: "the project's suites are e2e, orders-unit",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.choose(tt.names...)
			if tt.err != "" {
				isUsage(t, err, tt.err, tt.hint)
				return
			}
			if err != nil || !slices.Equal(namesOf(got), tt.want) {
				t.Errorf("got %q, %v; want %q", namesOf(got), err, tt.want)
			}
		})
	}
}

func isUsage(t *testing.T, err error, text, hint string) {
	t.Helper()
	if err == nil || err.Error() != text || fault.HintOf(err) != hint || fault.SideOf(err) != fault.Usage {
		t.Errorf("got  %v (hint: %s), side %v\nwant %s (hint: %s)", err, fault.HintOf(err), fault.SideOf(err), text, hint)
	}
}

func TestChoosingFromNothing(t *testing.T) {
	p := &project.Project{Name: "empty"}
	for _, choose := range []func(...string) ([]project.Service, error){p.Select, p.Built, p.Suites} {
		if got, err := choose(); len(got) > 0 || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
	}
	_, err := p.Service("a")
	isUsage(t, err, `unknown service "a"`, "the project has no service")
	_, err = p.Environment("a")
	isUsage(t, err, `unknown environment "a"`, "the project has no environment")
}

func TestSuitesFor(t *testing.T) {
	p := shop(t)
	for service, want := range map[string][]string{
		"orders": {"e2e", "orders-unit"}, "billing": {"e2e"}, "broker": nil, "e2e": nil,
	} {
		if got := namesOf(p.SuitesFor(service)); !slices.Equal(got, want) {
			t.Errorf("suites for %s: %q, want %q", service, got, want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	p := shop(t)
	if e, err := p.Environment("production"); err != nil || e.Name != "production" || e.After != "staging" {
		t.Errorf("got %+v, %v", e, err)
	}
	_, err := p.Environment("prod")
	isUsage(t, err, `unknown environment "prod" (did you mean "production"?)`,
		"the project's environments are staging, production")
}

func TestClosure(t *testing.T) {
	p := shop(t)
	for suite, want := range map[string][]string{
		"e2e": {"broker", "billing", "orders"}, "orders": {"broker"}, "orders-unit": nil,
	} {
		got, err := p.Closure(suite)
		if err != nil || !slices.Equal(namesOf(got), want) {
			t.Errorf("closure of %s: %q, %v; want %q", suite, namesOf(got), err, want)
		}
	}
}

func TestClosureOfWhatLoadWouldRefuse(t *testing.T) {
	on := func(names ...string) (all []project.Dependency) {
		for _, name := range names {
			all = append(all, project.Dependency{Service: name})
		}
		return all
	}
	p := &project.Project{Services: []project.Service{
		{Name: "suite", DependsOn: on("a")},
		{Name: "a", DependsOn: on("b")},
		{Name: "b", DependsOn: on("c")},
		{Name: "c", DependsOn: on("a")},
		{Name: "lost", DependsOn: on("ghost")},
	}}
	_, err := p.Closure("suite")
	isUsage(t, err, "services depend on each other in a cycle: a → b → c → a", "")
	_, err = p.Closure("lost")
	isUsage(t, err, `unknown service "ghost"`, "the project's services are suite, a, b, c, lost")
	_, err = p.Closure("suit")
	isUsage(t, err, `unknown service "suit" (did you mean "suite"?)`, "the project's services are suite, a, b, c, lost")
}

func TestTarget(t *testing.T) {
	orders := project.Service{Name: "orders", Image: "127.0.0.1:5000/shop/orders"}
	for _, tt := range []struct {
		name            string
		environment     project.Environment
		service         project.Service
		repository, tag string
		err, hint       string
	}{
		{
			name: "the service's own repository", environment: project.Environment{Name: "staging", Tag: "staging"},
			service: orders, repository: "127.0.0.1:5000/shop/orders", tag: "staging",
		},
		{
			name: "templates", environment: project.Environment{Name: "e", Repository: "127.0.0.1:5000/prod/{{.Project}}/{{.Service}}", Tag: "{{.Service}}-live"},
			service: orders, repository: "127.0.0.1:5000/prod/shop/orders", tag: "orders-live",
		},
		{
			name: "a short name stays as it is", environment: project.Environment{Name: "e", Repository: "prod/{{.Service}}", Tag: "live"},
			service: orders, repository: "prod/orders", tag: "live",
		},
		{
			name: "no repository at all", environment: project.Environment{Name: "staging", Tag: "staging"},
			service: project.Service{Name: "broker"},
			err:     `repository of broker in environment staging: "" is not the name of a repository: invalid reference format`,
		},
		{
			name: "unknown field", environment: project.Environment{Name: "e", Tag: "{{.Branch}}"}, service: orders,
			err: `tag of orders in environment e: execute "{{.Branch}}": template: template:1:2: executing "template" at <.Branch>: ` +
				`can't evaluate field Branch in type project.names`, hint: "templates know {{.Service}} and {{.Project}}",
		},
		{
			name: "empty tag", environment: project.Environment{Name: "e", Tag: "{{if false}}x{{end}}"}, service: orders,
			err: `tag of orders in environment e: "" is not a valid tag`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			repository, tag, err := tt.environment.Target(tt.service, "shop")
			if tt.err != "" {
				isUsage(t, err, tt.err, tt.hint)
				return
			}
			if err != nil || repository != tt.repository || tag != tt.tag {
				t.Errorf("got %s and %s, %v; want %s and %s", repository, tag, err, tt.repository, tt.tag)
			}
		})
	}
}
