package enginetest

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

func (s *suite) testRun(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"exit codes":       s.exitCodes,
		"output":           s.output,
		"long output":      s.longOutput,
		"settings":         s.settings,
		"read only":        s.readOnly,
		"isolation":        s.isolation,
		"rights":           s.rights,
		"init":             s.initProcess,
		"missing command":  s.missingCommand,
		"not executable":   s.notExecutable,
		"missing image":    s.missingImage,
		"taken name":       s.takenName,
		"cancelled before": s.startCancelled,
		"remove twice":     s.removeTwice,
	})
}

func (s *suite) exitCodes(t *testing.T) {
	for _, code := range []int{0, 1, 3, 126, 255} {
		if got := s.run(t, s.image, "exit", fmt.Sprint(code)).code; got != code {
			t.Errorf("exit code %d, want %d", got, code)
		}
	}
}

func (s *suite) output(t *testing.T) {
	got := s.run(t, s.image, "echo", "one", ";", "err", "two", ";", "echo", "three")
	if got.stdout != "one\nthree\n" || got.stderr != "two\n" {
		t.Errorf("stdout %q, stderr %q", got.stdout, got.stderr)
	}
}

// A container that prints much and ends at once loses nothing of it.
func (s *suite) longOutput(t *testing.T) {
	const n = 100_000
	lines := strings.Split(strings.TrimSuffix(s.run(t, s.image, "flood", fmt.Sprint(n)).stdout, "\n"), "\n")
	if len(lines) != n {
		t.Fatalf("%d lines, want %d", len(lines), n)
	}
	for i, line := range lines {
		if want := fmt.Sprintf("line %d", i+1); line != want {
			t.Fatalf("line %d is %q", i+1, line)
		}
	}
}

func (s *suite) settings(t *testing.T) {
	got := s.runSpec(t, engine.ContainerSpec{
		Image: s.image, Entrypoint: []string{"/probe", "env", "A", ";"},
		Cmd: []string{"id", ";", "pwd", ";", "hostname", ";", "exists", "/scratch", ";", "cat", "/etc/hosts"},
		Env: []string{"A=b=c"}, User: "1000:2000", WorkingDir: "/work/here", Hostname: "unit",
		Tmpfs: []string{"/scratch:size=1m"}, ExtraHosts: []string{"db.example.com:127.0.0.9"},
	})
	if want := "b=c\n1000:2000\n/work/here\nunit\n"; got.code != 0 || !strings.HasPrefix(got.stdout, want) {
		t.Errorf("exit code %d, printed %q%q, want %q", got.code, got.stdout, got.stderr, want)
	}
	if !strings.Contains(got.stdout, "127.0.0.9\tdb.example.com") {
		t.Errorf("/etc/hosts has no additional host:\n%s", got.stdout)
	}
}

func (s *suite) readOnly(t *testing.T) {
	got := s.runSpec(t, engine.ContainerSpec{
		Image: s.image, ReadOnly: true, Tmpfs: []string{"/tmp"},
		Cmd: []string{"write", "/tmp/a", "x", ";", "write", "/b", "x"},
	})
	if got.code != 1 || !strings.Contains(got.stderr, "/b") {
		t.Errorf("exit code %d, %q: want only /b refused", got.code, got.stderr)
	}
}

// A test's code must not gain rights by a setuid program.
func (s *suite) isolation(t *testing.T) {
	got := s.run(t, s.image, "cat", "/proc/self/status")
	if !strings.Contains(got.stdout, "NoNewPrivs:\t1") {
		t.Errorf("no-new-privileges is not set:\n%s", got.stdout)
	}
}

// Rights are given where the project asks for them, and nowhere else.
func (s *suite) rights(t *testing.T) {
	const none, some = "CapEff:\t0000000000000000\n", "CapEff:\t0000000000000400\n" // NET_BIND_SERVICE is bit 10
	status := []string{"cat", "/proc/self/status"}
	for name, c := range map[string]struct {
		spec engine.ContainerSpec
		want string
	}{
		"all dropped": {engine.ContainerSpec{CapDrop: []string{"ALL"}}, none},
		"one added":   {engine.ContainerSpec{CapDrop: []string{"ALL"}, CapAdd: []string{"NET_BIND_SERVICE"}}, some},
	} {
		c.spec.Image, c.spec.Cmd = s.image, status
		if got := s.runSpec(t, c.spec); !strings.Contains(got.stdout, c.want) {
			t.Errorf("%s: want %q in\n%s%s", name, c.want, got.stdout, got.stderr)
		}
	}
}

// An init process stands before the command and takes care of its orphans.
func (s *suite) initProcess(t *testing.T) {
	for init, want := range map[bool]bool{false: true, true: false} {
		if !init && s.peculiarities().OwnInit {
			continue
		}
		got := s.runSpec(t, engine.ContainerSpec{Image: s.image, Init: init, Cmd: []string{"cat", "/proc/1/comm"}})
		if (got.stdout == "probe\n") != want {
			t.Errorf("with Init %v the first process is %q", init, got.stdout)
		}
	}
}

func (s *suite) missingCommand(t *testing.T) {
	s.startFails(t, engine.ContainerSpec{Image: s.image, Entrypoint: []string{"/no/such"}}, engine.ErrCommand)
}

func (s *suite) notExecutable(t *testing.T) {
	s.startFails(t, engine.ContainerSpec{Image: s.image, Entrypoint: []string{"/etc/hosts"}}, engine.ErrCommand, fs.ErrPermission)
}

func (s *suite) missingImage(t *testing.T) {
	s.startFails(t, engine.ContainerSpec{Image: "127.0.0.1:1/no/such:image"}, engine.ErrImageNotFound)
}

func (s *suite) startFails(t *testing.T, spec engine.ContainerSpec, want ...error) {
	t.Helper()
	spec.Labels = s.owner.Labels()
	spec.Stdout = &strings.Builder{}
	_, err := need[engine.Runner](t, s).Start(t.Context(), spec)
	for _, w := range want {
		wantErr(t, err, w)
	}
}

// A name that another run holds is an error; the other's container stays.
func (s *suite) takenName(t *testing.T) {
	name := "retort-enginetest-" + s.owner.Run
	first := s.start(t, engine.ContainerSpec{Name: name, Image: s.image, Cmd: []string{"sleep", "300ms", ";", "exit", "5"}})
	_, err := need[engine.Runner](t, s).Start(t.Context(), engine.ContainerSpec{Name: name, Image: s.image, Labels: s.owner.Labels()})
	if err == nil {
		t.Error("a second container took the name")
	}
	if code, err := first.Wait(t.Context()); code != 5 || err != nil {
		t.Errorf("the first one ended with %d, %v; want 5", code, err)
	}
}

// The final test finds what a start left that was given up at any moment.
func (s *suite) startCancelled(t *testing.T) {
	runner := need[engine.Runner](t, s)
	for i := range 8 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*25)*time.Millisecond)
		c, err := runner.Start(ctx, engine.ContainerSpec{
			Name:  fmt.Sprintf("retort-enginetest-%s-cancel-%d", s.owner.Run, i),
			Image: s.image, Cmd: []string{"hang"}, Labels: s.owner.Labels(),
		})
		if err == nil {
			err = c.Remove(t.Context())
		} else {
			wantErr(t, err, context.DeadlineExceeded)
			err = nil
		}
		if err != nil {
			t.Error(err)
		}
		cancel()
	}
}

func (s *suite) removeTwice(t *testing.T) {
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}})
	for range 2 {
		if err := c.Remove(t.Context()); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
}
