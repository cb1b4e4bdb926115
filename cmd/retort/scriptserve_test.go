package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// served is the registry that a script runs as a process of its own.
type served struct{ cmd *exec.Cmd }

// serve DIR: starts retort registry serve; $SERVED is the address it prints.
func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve DIR")
	}
	cmd := exec.Command("retort", "registry", "serve", "--dir", ts.MkAbs(args[0]), "--addr", "127.0.0.1:0") //nolint:noctx // ended by stop
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Value(served{}).(*served).cmd = cmd
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	ts.Check(err)
	ts.Setenv("SERVED", strings.TrimSpace(line))
}

// stop: ends what serve started, as a service manager would.
func cmdStop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: stop")
	}
	cmd := ts.Value(served{}).(*served).cmd
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	err := cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 143 {
		ts.Fatalf("the registry ended with %v, want exit code 143", err)
	}
}
