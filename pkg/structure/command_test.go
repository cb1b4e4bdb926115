package structure_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/structure"
)

// machine is a Runner that runs on this machine, in a directory of the test's.
type machine struct {
	dir string
	env []string // of the image
}

func (m machine) Run(ctx context.Context, what structure.Invocation) (int, error) {
	cmd := exec.CommandContext(ctx, what.Args[0], what.Args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.dir, what.Stdout, what.Stderr
	cmd.Env = slices.Concat(m.env, what.Env)
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return cmd.ProcessState.ExitCode(), nil
	}
	if err != nil {
		return 0, fmt.Errorf("%w: %w", engine.ErrCommand, err)
	}
	return 0, nil
}

func TestCommands(t *testing.T) {
	for _, tt := range []struct {
		name, test string
		want       string // from the results' first line on
	}{
		{"exit code 0", `{command: "true"}`, "ok"},
		{"another exit code", `{command: sh, args: [-c, "exit 3"], exitCode: 3}`, "ok"},
		{"output", `{command: echo, args: [hello, world], expectedOutput: ['^hello world\n$', hello], excludedOutput: [bye], excludedError: [.]}`, "ok"},
		{"errors", `{command: sh, args: [-c, "echo oops >&2"], expectedError: [oops], excludedOutput: [oops]}`, "ok"},
		{"arguments stay words", `{command: printf, args: ['[%s]', "a b", "it's", "", "*"], expectedOutput: ['^\[a b\]\[it''s\]\[\]\[\*\]$']}`, "ok"},
		{"wrong exit code", `{command: sh, args: [-c, "echo first >&2; echo why >&2; exit 2"]}`, "FAIL\n  exit code is 2, not 0: why"},
		{
			"wrong output", `{command: echo, args: [hello], expectedOutput: [bye], excludedOutput: ['h.l']}`,
			"FAIL\n  stdout has no match of `bye`; it is \"hello\\n\"\n  stdout matches `h.l`, which is excluded: \"hel\"",
		},
		{
			"wrong errors", `{command: sh, args: [-c, "echo oops >&2"], expectedError: [x], excludedError: [oo]}`,
			"FAIL\n  stderr has no match of `x`; it is \"oops\\n\"\n  stderr matches `oo`, which is excluded: \"oo\"",
		},
		{"no output", `{command: "true", expectedOutput: [x]}`, "FAIL\n  stdout has no match of `x`; it is empty"},
		{"no such command", `{command: /no/such}`, "FAIL\n  command cannot be started: fork/exec /no/such: no such file or directory (a shell would say 127)"},

		{"setup", `{setup: [[touch, "a b"], [mkdir, c]], command: ls, expectedOutput: ['^a b\nc\n$']}`, "ok"},
		{"setup prints", `{setup: [[echo, secret], [sh, -c, "echo secret >&2"]], command: echo, args: [mine], expectedOutput: ['^mine\n$'], excludedError: [.]}`, "ok"},
		{"setup, and no line end", `{setup: [["true"]], command: printf, args: [x], expectedOutput: ['^x$']}`, "ok"},
		{"setup, and an exit code", `{setup: [["true"]], command: sh, args: [-c, "exit 7"], exitCode: 7}`, "ok"},
		{"setup, and no such command", `{setup: [["true"]], command: nosuch, exitCode: 127, expectedError: ["not found"]}`, "ok"},
		{"setup fails", `{setup: [["true"], [sh, -c, "echo why >&2; exit 4"]], command: "true"}`, "FAIL\n  setup 2 (sh -c echo why >&2; exit 4) ended with exit code 4: why"},
		{"setup fails, nothing else is done", `{setup: [["false"]], command: touch, args: [ran], teardown: [[touch, torn]]}`, "FAIL\n  setup 1 (false) ended with exit code 1"},
		{"setup with odd words", `{setup: [[touch, "it's", '$(x)', '"']], command: ls, expectedOutput: ["^\"\n\\$\\(x\\)\nit's\n$"]}`, "ok"},
		{"the command after setup fails", `{setup: [["true"]], command: "false"}`, "FAIL\n  exit code is 1, not 0"},
		{"teardown", `{command: "true", teardown: [[touch, torn]]}`, "ok"},
		{"teardown after a failure", `{command: "false", teardown: [[touch, torn]]}`, "FAIL\n  exit code is 1, not 0"},
		{"teardown fails", `{command: "true", teardown: [[sh, -c, "echo why >&2; exit 5"], [touch, torn]]}`, "ok\n  warning: teardown 1 (sh -c echo why >&2; exit 5) ended with exit code 5: why"},
		{"the container is killed in setup", `{setup: [[sh, -c, 'kill -9 $PPID']], command: "true"}`, "FAIL\n  the container ended in setup 1 (sh -c kill -9 $PPID) with exit code -1"},
		{"the container is killed by the command", `{setup: [["true"]], command: sh, args: [-c, 'kill -9 $PPID']}`, "FAIL\n  the container ended in the command with exit code -1"},

		{"variables of the image", `{command: echo, args: ["$A ${A}x"], expectedOutput: ['^image imagex\n$']}`, "ok"},
		{"variables of the file", `{command: sh, args: [-c, 'echo $G'], expectedOutput: ['^image/file\n$']}`, "ok"},
		{"variables of the test", `{envVars: [{key: T, value: "$G/test"}], command: printenv, args: [T], expectedOutput: ['^image/file/test\n$']}`, "ok"},
		{"variables in setup", `{envVars: [{key: T, value: x}], setup: [[touch, "$T"]], command: ls, expectedOutput: ['^x\n$']}`, "ok"},
		{"the shell's own variables", `{command: sh, args: [-c, 'b=c; echo $b ${b} ${b:-d} $$'], expectedOutput: ['^c c c \d+\n$']}`, "ok"},
		{"an empty variable", `{envVars: [{key: T, value: ''}], command: echo, args: ["<$T>"], expectedOutput: ['^<>$']}`, "FAIL\n  stdout has no match of `^<>$`; it is \"<>\\n\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := parse(t, "f.yaml", "schemaVersion: 2.0.0\nglobalEnvVars: [{key: G, value: $A/file}]\ncommandTests:\n- name: n\n  <<: "+tt.test)
			dir := t.TempDir()
			env := []string{"A=image", "PATH=" + os.Getenv("PATH")}
			results, err := structure.Check(t.Context(), f, withEnv(t, env...), machine{dir, env})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.ReplaceAll(strings.TrimSpace(show(results)), "\n     ", "\n  ")
			if got = strings.Replace(got, " commandTests: n", "", 1); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
			left := files(t, dir)
			if ran, torn := slices.Contains(left, "ran"), slices.Contains(left, "torn"); ran || torn != strings.HasPrefix(tt.name, "teardown") {
				t.Errorf("files are %q", left)
			}
		})
	}
}

func withEnv(tb testing.TB, env ...string) v1.Image {
	tb.Helper()
	img, err := mutate.Config(empty.Image, v1.Config{Env: env})
	if err != nil {
		tb.Fatal(err)
	}
	return img
}

func files(tb testing.TB, dir string) []string {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		tb.Fatal(err)
	}
	for i, path := range paths {
		paths[i] = filepath.Base(path)
	}
	return paths
}

// Results keep what the command printed, without what setup did.
func TestCommandResult(t *testing.T) {
	f := parse(t, "f.yaml", `schemaVersion: 2.0.0
commandTests:
- {name: plain, command: sh, args: [-c, "echo out; echo err >&2"]}
- {name: with setup, setup: [[echo, no]], command: sh, args: [-c, "echo out; echo err >&2"], teardown: [[echo, no]]}
`)
	results, err := structure.Check(t.Context(), f, empty.Image, machine{dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if !r.Passed || r.Stdout != "out\n" || r.Stderr != "err\n" || r.Elapsed <= 0 {
			t.Errorf("got %+v", r)
		}
	}
}

// byBytes is a Runner whose output comes a byte at a time.
type byBytes struct{ structure.Runner }

func (r byBytes) Run(ctx context.Context, what structure.Invocation) (int, error) {
	var stdout, stderr bytes.Buffer
	slow := what
	slow.Stdout, slow.Stderr = &stdout, &stderr
	code, err := r.Runner.Run(ctx, slow)
	for _, s := range []struct {
		from io.Reader
		to   io.Writer
	}{{&stdout, what.Stdout}, {&stderr, what.Stderr}} {
		if _, e := io.CopyBuffer(s.to, struct{ io.Reader }{iotest.OneByteReader(s.from)}, make([]byte, 1)); e != nil {
			return 0, e
		}
	}
	return code, err
}

// What looks like a mark of ours and is none stays part of the output, however
// the output is cut.
func TestCommandOutputIsExact(t *testing.T) {
	text := "\n\nretort-\nretort-AAAAAAAAAAAAAAAAAAAAAAAAAA:0\n\n\nretort"
	f := parse(t, "f.yaml", fmt.Sprintf("schemaVersion: 2.0.0\ncommandTests:\n"+
		"- {name: n, setup: [[printf, '%%s', %[1]q]], command: printf, args: ['%%s', %[1]q], teardown: [[printf, '%%s', %[1]q]]}", text))
	runner := machine{dir: t.TempDir()}
	for _, r := range []structure.Runner{runner, byBytes{runner}} {
		results, err := structure.Check(t.Context(), f, empty.Image, r)
		if err != nil {
			t.Fatal(err)
		}
		if got := results[0]; !got.Passed || got.Stdout != text || got.Stderr != "" {
			t.Errorf("%T: got %+v", r, got)
		}
	}
}

// A command that floods keeps the beginning, and a pattern that would have to
// see the rest does not pass.
func TestCommandThatFloods(t *testing.T) {
	for _, setup := range []string{"", "setup: [[sh, -c, 'yes no | head -c 9000000']], "} {
		f := parse(t, "f.yaml", "schemaVersion: 2.0.0\ncommandTests:\n- {name: n, "+setup+
			"command: sh, args: [-c, 'echo begin; yes | head -c 9000000; echo end'], expectedOutput: [begin], excludedOutput: [end]}")
		results, err := structure.Check(t.Context(), f, empty.Image, machine{dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		want := "FAIL commandTests: n\n     stdout is longer than 4 MiB; the rest was not searched\n"
		if got := show(results); got != want || len(results[0].Stdout) < 4<<20-10 || len(results[0].Stdout) > 4<<20 {
			t.Errorf("%d bytes, %s", len(results[0].Stdout), got)
		}
	}
}

// scripted is a Runner that does what a function does.
type scripted func(ctx context.Context, what structure.Invocation) (int, error)

func (s scripted) Run(ctx context.Context, what structure.Invocation) (int, error) {
	return s(ctx, what)
}

func TestCommandThatTakesTooLong(t *testing.T) {
	f := parse(t, "f.yaml", "schemaVersion: 2.0.0\ncommandTests:\n- {name: a, command: x}\n- {name: b, setup: [[y]], command: x}")
	results, err := structure.Check(t.Context(), f, empty.Image, scripted(func(_ context.Context, what structure.Invocation) (int, error) {
		_, _ = what.Stdout.Write([]byte("half"))
		return 0, fmt.Errorf("wait: %w", &structure.TimeoutError{After: time.Minute})
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := "FAIL commandTests: a\n     still running after 1m0s\nFAIL commandTests: b\n     still running after 1m0s\n"
	if got := show(results); got != want {
		t.Errorf("got %s", got)
	}
	if results[0].Stdout != "half" {
		t.Errorf("output is %q", results[0].Stdout)
	}
}

func TestSetupWithoutAShell(t *testing.T) {
	f := parse(t, "f.yaml", "schemaVersion: 2.0.0\ncommandTests:\n- {name: a, setup: [[y]], command: x}")
	results, err := structure.Check(t.Context(), f, empty.Image, scripted(func(context.Context, structure.Invocation) (int, error) {
		return 0, fmt.Errorf("%w: /bin/sh", engine.ErrCommand)
	}))
	if err != nil || !strings.Contains(show(results), "setup and teardown take a /bin/sh in the image") {
		t.Errorf("got %v, %s", err, show(results))
	}
}

// When the engine goes away there is no verdict, and the other tests end.
func TestEngineGoesAway(t *testing.T) {
	f := parse(t, "f.yaml", "schemaVersion: 2.0.0\ncommandTests:\n- {name: hangs, command: x}\n- {name: fails, command: y}")
	results, err := structure.Check(t.Context(), f, empty.Image, scripted(func(ctx context.Context, what structure.Invocation) (int, error) {
		if what.Args[0] == "x" {
			<-ctx.Done()
			return 0, ctx.Err()
		}
		return 0, engine.ErrUnavailable
	}))
	if !errors.Is(err, engine.ErrUnavailable) || results != nil || !strings.Contains(err.Error(), `f.yaml: command test "fails"`) {
		t.Errorf("got %v, %v", results, err)
	}
}

func TestCommandsRunSideBySide(t *testing.T) {
	f := parse(t, "f.yaml", "schemaVersion: 2.0.0\ncommandTests:\n"+strings.Repeat("- {name: a, command: x}\n", 12))
	var now atomic.Int32
	var over atomic.Bool
	var once sync.Once
	full := make(chan struct{})
	_, err := structure.Check(t.Context(), f, empty.Image, scripted(func(ctx context.Context, _ structure.Invocation) (int, error) {
		n := now.Add(1)
		defer now.Add(-1)
		if n == 4 {
			once.Do(func() { close(full) })
		}
		if n > 4 {
			over.Store(true)
		}
		select {
		case <-full:
			return 0, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(10 * time.Second):
			return 0, errors.New("never four at once")
		}
	}))
	if err != nil || over.Load() {
		t.Errorf("more than four at once: %v; %v", over.Load(), err)
	}
}
