package test_test

import (
	"context"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/test"
)

// shares is a suite that finds in a volume what its service left there.
func (b *bench) shares(name, said string) test.Suite {
	mount := []engine.Mount{{Volume: "shared", Path: "/data"}}
	s := b.suite(name, "cat", "/data/note")
	s.Container.Mounts = mount
	left := b.container("exists", "/data", ";", "write", "/data/note", said)
	left.Mounts = mount
	s.Volumes = []string{"shared"}
	s.Services = []test.Service{{Name: "writer", Container: left}}
	s.DependsOn = on("writer", test.Completed)
	return s
}

// Containers of a suite share its volumes, other suites do not, and a rerun
// begins with empty ones.
func TestVolumes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.outcomes(t, b.shares("one", "said by one"), b.shares("two", "said by two"))
	logs := files(t, b.opts.Logs)
	for i, name := range []string{"one", "two"} {
		if got[i].Verdict != test.Passed || logs[name+"/"+name+".log"] != "said by "+name {
			t.Errorf("%s: %s, read %q", name, got[i].Summary(), logs[name+"/"+name+".log"])
		}
	}

	again := b.suite("again", "exists", "/data/note", ";", "exit", "0")
	again.Container.Mounts, again.Volumes, again.Retries = []engine.Mount{{Volume: "v", Path: "/data"}}, []string{"v"}, 1
	eng := &turning{Engine: b.engine, turns: map[string][][]string{"again": {{"write", "/data/note", "x", ";", "exit", "1"}}}}
	if got := b.on(t, eng, again); got.Verdict != test.Failed || got.Attempts != 2 {
		t.Errorf("%s after %d attempts: the rerun found what the first one left", got.Summary(), got.Attempts)
	}
}

// An engine without volumes says so before anything is started.
func TestNoVolumes(t *testing.T) {
	_, err := test.Run(t.Context(), fake{func() engine.Container { return still{} }}, test.Options{
		Suites: []test.Suite{{Name: "unit", Volumes: []string{"v"}}},
	})
	if fault.SideOf(err) != fault.Usage {
		t.Errorf("error is %v, want one on the usage side", err)
	}
}

// A service without a health check is ready when it listens.
func TestPortReadiness(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.suite("e2e", "get", "http://web:8080/", "0s")
	s.Services = []test.Service{{
		Name: "web", Container: b.container("serve", ":8080", "400ms"), Health: &test.Health{Ports: []string{"8080/tcp"}},
	}}
	s.DependsOn = on("web", test.Healthy)
	if got := b.outcome(t, s); got.Verdict != test.Passed {
		t.Errorf("%s, last lines %q", got.Summary(), got.Tail)
	}
	deaf := b.suite("deaf", "echo")
	deaf.Services = []test.Service{{
		Name: "web", Container: b.container("echo", "not today", ";", "hang"),
		Health: &test.Health{Ports: []string{"8080/tcp"}, Interval: 1, Timeout: 200e6, Retries: 1},
	}}
	deaf.DependsOn = on("web", test.Healthy)
	got := b.outcome(t, deaf)
	if got.Verdict != test.Failed || !strings.Contains(got.Reason, "service web was not healthy") || !strings.Contains(got.Reason, "8080") {
		t.Errorf("%s, want failed for the port", got.Summary())
	}
}

// panicking is an engine whose second container cannot be made.
type panicking struct{ *turning }

func (e panicking) Create(ctx context.Context, spec engine.ContainerSpec) (engine.Created, error) {
	if strings.HasSuffix(spec.Name, ".unit") {
		panic("no")
	}
	return e.turning.Create(ctx, spec)
}

// A panic is an error, and what was made before is removed: the bench looks.
func TestPanic(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.suite("unit")
	s.Services = []test.Service{{Name: "web", Container: b.container("hang")}}
	s.DependsOn = on("web", test.Started)
	b.opts.Suites = []test.Suite{s}
	result, err := test.Run(t.Context(), panicking{&turning{Engine: b.engine}}, b.opts)
	if err == nil || !strings.Contains(err.Error(), "panic: no") || result.Passed() {
		t.Errorf("error is %v, passed %v", err, result.Passed())
	}
}

// A service that ends while a suite that fails ran may well be why.
func TestFallenService(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.suite("unit", "sleep", "500ms", ";", "exit", "1")
	s.Services = []test.Service{{Name: "web", Container: b.container("exit", "9")}}
	s.DependsOn = on("web", test.Started)
	b.outcome(t, s)
	if told := b.events.texts(progress.Warning); !strings.Contains(told, "service web ended with exit code 9 while the suite ran") {
		t.Errorf("warned %q", told)
	}
}

// The kernel's way to end what takes too much memory is told from any other kill.
func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.suite("unit", "alloc", "256")
	s.Container.Memory = 64 << 20
	if got := b.outcome(t, s); got.ExitCode != 137 || !strings.Contains(got.Reason, "more memory than its limit, 64 MiB") {
		t.Errorf("exit code %d: %s", got.ExitCode, got.Summary())
	}
}
