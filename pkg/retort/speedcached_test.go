package retort_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/internal/versus"
)

// unchanged is a project of suites that have passed, and retort as it is released.
type unchanged struct {
	ctx     context.Context //nolint:containedctx // the benchmark's, less interrupts
	dir     string
	program string
	vars    []string
}

func newUnchanged(b *testing.B, suites int) *unchanged {
	b.Helper()
	ctx, eng, self := benchEngine(b)
	text := "name: bench-" + self.Run + "\nservices:\n  app: {build: ., command: [/probe, hang]}\n"
	for i := range suites {
		text += fmt.Sprintf("  s%d: {build: ., command: [echo], depends_on: [app], x-retort: {verifies: [app]}}\n", i)
	}
	dockerfile := strings.Replace(probe.Dockerfile, "\n", "\nLABEL "+owner.LabelRun+"="+self.Run+"\n", 1)
	u := &unchanged{
		ctx: ctx, program: release(b, runtime.GOARCH), vars: append(os.Environ(), "DOCKER_HOST="+eng.Host()),
		dir: probe.Context(b, dockerfile, map[string]string{"compose.yaml": text}),
	}
	if err := u.commit(); err != nil {
		b.Fatal(err)
	}
	for _, command := range []string{"build", "test"} {
		if _, err := u.run(u.program, command); err != nil {
			b.Fatal(err)
		}
	}
	return u
}

// commit makes a checkout of the project, as CI systems have one.
func (u *unchanged) commit() error {
	_, initErr := u.run("git", "init", "-q")
	_, addErr := u.run("git", "add", ".")
	_, err := u.run("git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-qm", "Bench")
	return errors.Join(initErr, addErr, err)
}

// run gives what the program says to people.
func (u *unchanged) run(program string, args ...string) (string, error) {
	cmd := exec.CommandContext(u.ctx, program, args...)
	cmd.Env, cmd.Dir = u.vars, u.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out), err
}

// BenchmarkVersusUnchanged is a project in which nothing has changed since its
// suites passed, from the start of the process to its end. Nobody else remembers
// that, so that it is held to a second and to no peer.
func BenchmarkVersusUnchanged(b *testing.B) {
	const suites, rounds = 10, 9
	u := newUnchanged(b, suites)
	took := make([]time.Duration, rounds)
	for i := range took {
		begun := time.Now()
		said, err := u.run(u.program, "test")
		took[i] = time.Since(begun)
		if err != nil || strings.Count(said, "passed, cached") != suites {
			b.Fatalf("not every suite is cached: %v\n%s", err, said)
		}
	}
	slices.Sort(took)
	versus.Amount{
		Work: fmt.Sprintf("retort test: %d suites, nothing changed", suites), Unit: "ms",
		Got: int(took[rounds/2].Milliseconds()), Limit: 999,
	}.Report(b)
}
