package test_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/test"
)

// webHealth asks the container's own port.
func webHealth() *test.Health {
	return &test.Health{Probe: []string{"/probe", "get", "http://127.0.0.1:8080/", "0s"}, Interval: 100 * time.Millisecond, Retries: 100}
}

func on(service string, c test.Condition) []test.Dependency {
	return []test.Dependency{{Service: service, Condition: c}}
}

// Each container asks for what it needs once, without patience: any that is
// started too early fails.
func TestServicesComeUpInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	db := test.Service{Name: "db", Container: b.container("serve", ":8080", "300ms"), Health: webHealth()}
	migrate := test.Service{Name: "migrate", Container: b.container("get", "http://db:8080/", "0s", ";", "sleep", "200ms"), DependsOn: on("db", test.Healthy)}
	web := test.Service{
		Name: "web", Container: b.container("get", "http://db:8080/", "0s", ";", "serve", ":8080", "200ms"),
		DependsOn: on("migrate", test.Completed), Health: webHealth(),
	}
	side := test.Service{Name: "side", Container: b.container("serve", ":8080")}
	suite := b.suite("e2e", "get", "http://web:8080/", "0s", ";", "get", "http://db:8080/", "0s", ";", "get", "http://alias:8080/")
	side.Container.Aliases = []string{"alias"}
	suite.Services = []test.Service{web, side, migrate, db}
	suite.DependsOn = []test.Dependency{{Service: "web", Condition: test.Healthy}, {Service: "db", Condition: test.Healthy}, {Service: "side"}}
	if got := b.outcome(t, suite); got.Verdict != test.Passed {
		t.Errorf("%s: %s, %q, logs %q", got.Verdict, got.Reason, got.Tail, files(t, b.opts.Logs))
	}
}

// plain is an engine that creates a container only to start it.
type plain struct {
	engine.Runner
	engine.Networker
}

func TestServicesOnAPlainEngine(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	suite := b.suite("e2e", "get", "http://web:8080/", "0s")
	suite.Services = []test.Service{{Name: "web", Container: b.container("serve", ":8080", "100ms"), Health: webHealth()}}
	suite.DependsOn = on("web", test.Healthy)
	if got := b.on(t, plain{b.engine, b.engine}, suite); got.Verdict != test.Passed {
		t.Errorf("%s, %q", got.Summary(), got.Tail)
	}
}

// What a suite can do without is waited for, and may fail in any way, together with
// what only that needs.
func TestOptionalServices(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	good := test.Service{Name: "good", Container: b.container("serve", ":8080", "200ms"), Health: webHealth()}
	sick := test.Service{Name: "sick", Container: b.container("exit", "4"), Health: webHealth()}
	broken := test.Service{Name: "broken", Container: b.container("hang")}
	broken.Container.Entrypoint = []string{"/no/such"}
	above := test.Service{Name: "above", Container: b.container("hang"), DependsOn: on("broken", test.Started)}
	suite := b.suite("e2e", "get", "http://good:8080/", "0s")
	suite.Services = []test.Service{good, sick, broken, above}
	suite.DependsOn = []test.Dependency{
		{Service: "good", Condition: test.Healthy, Optional: true},
		{Service: "sick", Condition: test.Healthy, Optional: true},
		{Service: "above", Optional: true},
	}
	if got := b.outcome(t, suite); got.Verdict != test.Passed {
		t.Errorf("%s: %s, %q", got.Verdict, got.Reason, got.Tail)
	}
	warned := b.events.texts(progress.Warning)
	for _, want := range []string{"service sick ended with exit code 4", "service broken could not be started"} {
		if !strings.Contains(warned, want) {
			t.Errorf("warned %q, want %s", warned, want)
		}
	}

	needed := suite
	needed.DependsOn = append(needed.DependsOn, on("broken", test.Started)...)
	alone := suite
	alone.Services, alone.DependsOn = []test.Service{good, broken}, suite.DependsOn[:1]
	for what, suite := range map[string]test.Suite{"needed": needed, "there for itself": alone} {
		if got := b.outcome(t, suite); got.Verdict != test.Failed || !strings.HasPrefix(got.Reason, "service broken ") {
			t.Errorf("with one that is %s: %s: %s", what, got.Verdict, got.Reason)
		}
	}
}

// A service that does not come up is a verdict, with the reason and the last
// lines of the service, and the suite is not run.
func TestServiceIsUnfit(t *testing.T) {
	t.Parallel()
	late := &test.Health{
		Probe:    []string{"/probe", "err", "not yet", ";", "exit", "1"},
		Interval: 10 * time.Millisecond, Timeout: 2 * time.Second, Retries: 1,
	}
	slow := &test.Health{Probe: []string{"/probe", "hang"}, Interval: 10 * time.Millisecond, Timeout: 200 * time.Millisecond, Retries: 1}
	for name, c := range map[string]struct {
		commands []string
		health   *test.Health
		needed   test.Condition
		reason   string
		tail     []string
	}{
		"unhealthy":      {[]string{"echo", "starting", ";", "hang"}, late, test.Healthy, "was not healthy after 2.01s; its health check said: not yet", []string{"starting"}},
		"probe hangs":    {[]string{"hang"}, slow, test.Healthy, "its health check said: the probe timed out", nil},
		"ends at once":   {[]string{"echo", "no database", ";", "exit", "4"}, webHealth(), test.Healthy, "ended with exit code 4 before it was healthy", []string{"no database"}},
		"ends well":      {[]string{"exit", "0"}, webHealth(), test.Healthy, "ended with exit code 0 before it was healthy", nil},
		"init fails":     {[]string{"flood", "3", ";", "exit", "5"}, nil, test.Completed, "ended with exit code 5", []string{"line 1", "line 2", "line 3"}},
		"cannot start":   {nil, nil, test.Started, "could not be started", nil},
		"of a dependent": {[]string{"exit", "6"}, nil, test.Completed, "ended with exit code 6", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			bad := test.Service{Name: "bad", Container: b.container(c.commands...), Health: c.health}
			if c.commands == nil {
				bad.Container.Entrypoint = []string{"/no/such"}
			}
			suite := b.suite("e2e", "echo", "ran anyway")
			suite.Services = []test.Service{bad, {Name: "good", Container: b.container("hang")}}
			suite.DependsOn = append(on("bad", c.needed), on("good", test.Started)...)
			if name == "of a dependent" {
				suite.Services = append(suite.Services, test.Service{Name: "above", Container: b.container("hang"), DependsOn: on("bad", c.needed)})
				suite.DependsOn = on("above", test.Started)
			}
			got := b.outcome(t, suite)
			if got.Verdict != test.Failed || !strings.HasPrefix(got.Reason, "service bad ") || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("%s: %s, want failed: service bad … %s", got.Verdict, got.Reason, c.reason)
			}
			if !slices.Equal(got.Tail, c.tail) {
				t.Errorf("last lines are %q, want %q", got.Tail, c.tail)
			}
			if _, ran := files(t, b.opts.Logs)["e2e/e2e.log"]; ran {
				t.Error("the suite was run all the same")
			}
			if report := files(t, b.opts.Reports)["e2e/retort.xml"]; !strings.Contains(report, "service bad") {
				t.Errorf("the report is %q", report)
			}
		})
	}
}

// What the project file got wrong is no verdict.
func TestServicesThatCannotBe(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	healthless := b.suite("healthless", "echo")
	healthless.Services = []test.Service{{Name: "web", Container: b.container("hang")}}
	healthless.DependsOn = on("web", test.Healthy)
	b.opts.Suites = []test.Suite{healthless}
	_, err := test.Run(t.Context(), b.engine, b.opts)
	if fault.SideOf(err) != fault.Usage || fault.HintOf(err) == "" || !strings.Contains(err.Error(), "service web has no health check") {
		t.Errorf("error is %v (%v), hint %q", err, fault.SideOf(err), fault.HintOf(err))
	}
}

// A graph that would wait for ever is refused before anything is started.
func TestGraph(t *testing.T) {
	service := func(name string, needs ...string) test.Service {
		s := test.Service{Name: name}
		for _, n := range needs {
			s.DependsOn = append(s.DependsOn, test.Dependency{Service: n})
		}
		return s
	}
	for name, c := range map[string]struct {
		services []test.Service
		needs    string
		want     string
	}{
		"stranger":          {[]test.Service{service("a")}, "nosuch", "unit depends on service nosuch"},
		"stranger, deeper":  {[]test.Service{service("a", "b"), service("b", "nosuch")}, "a", "b depends on service nosuch"},
		"circle":            {[]test.Service{service("a", "b"), service("b", "c"), service("c", "a")}, "a", "a -> b -> c -> a"},
		"itself":            {[]test.Service{service("a", "a")}, "a", "a -> a"},
		"circle beside":     {[]test.Service{service("a"), service("b", "c"), service("c", "b")}, "a", "b -> c -> b"},
		"diamond is no one": {[]test.Service{service("a", "b", "c"), service("b", "d"), service("c", "d"), service("d")}, "a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var started atomic.Int32
			eng := fake{func() engine.Container { started.Add(1); return still{} }}
			_, err := test.Run(t.Context(), networking{eng}, test.Options{Suites: []test.Suite{
				{Name: "unit", Services: c.services, DependsOn: on(c.needs, test.Started)},
			}})
			if c.want == "" {
				if err != nil || started.Load() != 5 {
					t.Errorf("started %d containers, %v; want all 5", started.Load(), err)
				}
				return
			}
			if fault.SideOf(err) != fault.Usage || !strings.Contains(err.Error(), c.want) || started.Load() != 0 {
				t.Errorf("started %d containers, error is %v, want %q", started.Load(), err, c.want)
			}
		})
	}
}

// Everything that any container printed is in its log file, up to the moment
// of its removal.
func TestLogsAreComplete(t *testing.T) {
	t.Parallel()
	const lines = 20_000
	b := newBench(t)
	chatty := test.Service{
		Name: "chatty", Container: b.container("flood", fmt.Sprint(lines), ";", "err", "all said", ";", "write", "/done", "x", ";", "hang"),
		Health: &test.Health{Probe: []string{"/probe", "exists", "/done"}, Interval: 50 * time.Millisecond},
	}
	suite := b.suite("e2e", "echo", "out", ";", "flood", fmt.Sprint(lines))
	suite.Services, suite.DependsOn = []test.Service{chatty}, on("chatty", test.Healthy)
	if got := b.outcome(t, suite); got.Verdict != test.Passed {
		t.Fatalf("%s: %s", got.Verdict, got.Reason)
	}
	logs := files(t, b.opts.Logs)
	if got, want := keys(logs), []string{"e2e/chatty.log", "e2e/e2e.log"}; !slices.Equal(got, want) {
		t.Errorf("logs are %q, want %q", got, want)
	}
	var all strings.Builder
	for i := range lines {
		fmt.Fprintf(&all, "line %d\n", i+1)
	}
	if want := "out\n" + all.String(); logs["e2e/e2e.log"] != want {
		t.Errorf("the suite's log has %d bytes, want %d", len(logs["e2e/e2e.log"]), len(want))
	}
	// Its two streams have no order among each other.
	chattyLog := strings.Replace(logs["e2e/chatty.log"], "all said\n", "", 1)
	if chattyLog != all.String() || len(chattyLog) == len(logs["e2e/chatty.log"]) {
		t.Errorf("the service's log has %d bytes, want %d", len(chattyLog), all.Len())
	}
	if shown := b.events.texts(progress.Log); strings.Contains(shown, "all said") {
		t.Error("the service's output was shown among the suite's")
	}
}

// A suite is not answerable for the names of another's services.
func TestSuitesDoNotMeet(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	// Their containers' names would be equal but for the separator.
	orders := b.suite("orders", "get", "http://unit-db:8080/", ";", "get", "http://db:8080/", "0s")
	orders.Services = []test.Service{{Name: "unit-db", Container: b.container("serve", ":8080")}}
	orders.DependsOn = on("unit-db", test.Started)
	unit := b.suite("orders-unit", "get", "http://db:8080/")
	unit.Services = []test.Service{{Name: "db", Container: b.container("serve", ":8080")}}
	unit.DependsOn = on("db", test.Started)
	got := b.outcomes(t, orders, unit)
	if got[0].Verdict != test.Failed || got[0].ExitCode != 1 || got[1].Verdict != test.Passed {
		t.Errorf("outcomes are %+v, want that the first does not reach the second's service", got)
	}
}
