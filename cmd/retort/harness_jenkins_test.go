package main

import (
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// jenkins is Jenkins-shaped: it starts a sh step and aborts it in the way of the
// durable-task plugin and of Jenkins' process tree killer, whose sources it was
// written from. It is no Jenkins: there is no controller, no agent connection and
// no Groovy in it, and a pipeline that needs a plugin is not shown to work.
type jenkins struct {
	workspace string
	env       []string
}

// newJenkins is an agent with the variables that a multibranch build of main has,
// over more of them.
func newJenkins(t *testing.T, workspace string, more ...string) *jenkins {
	t.Helper()
	vars := append(fixtureVars(t, "jenkins-multibranch"),
		"BRANCH_NAME=main", "GIT_BRANCH=main", "BRANCH_IS_PRIMARY=true", "GIT_COMMIT=", "WORKSPACE="+workspace)
	return &jenkins{workspace: workspace, env: append(vars, more...)}
}

// fixtureVars are the variables that a CI system sets, from pkg/ci's own tests.
func fixtureVars(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "pkg", "ci", "testdata", name+".env"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// shStep is a sh step that runs.
type shStep struct {
	cmd    *exec.Cmd
	cookie string
	log    string // path of jenkins-log.txt: standard output and standard error
	output string // path of output.txt with returnStdout, or empty
	done   chan struct{}
	code   int
	ended  time.Time
}

// cookieName is the variable by which Jenkins knows the processes of a step.
const cookieName = "JENKINS_SERVER_COOKIE"

// start begins a step, and kills at the test's end what a failed one leaves.
func (j *jenkins) start(t *testing.T, script string, returnStdout bool) *shStep {
	t.Helper()
	s, err := j.begin(script, returnStdout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) })
	return s
}

// begin starts `sh -xe` on a file, in a session of its own, without a terminal,
// with nothing to read, and the log is a file. With returnStdout the output goes
// to another file.
func (j *jenkins) begin(script string, returnStdout bool) (*shStep, error) {
	control := filepath.Join(j.workspace+"@tmp", "durable-"+strings.ToLower(rand.Text()[:8]))
	if err := os.MkdirAll(control, 0o755); err != nil {
		return nil, err
	}
	s := &shStep{cookie: "durable-" + rand.Text(), log: filepath.Join(control, "jenkins-log.txt"), done: make(chan struct{})}
	file := filepath.Join(control, "script.sh")
	if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
		return nil, err
	}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	s.cmd = exec.Command("sh", "-xe", file) //nolint:noctx // ended as Jenkins does
	s.cmd.Dir, s.cmd.Env = j.workspace, append(slices.Clone(j.env), cookieName+"="+s.cookie)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if returnStdout {
		s.output = filepath.Join(control, "output.txt")
		output, err := os.Create(s.output)
		if err != nil {
			return nil, err
		}
		defer func() { _ = output.Close() }()
		s.cmd.Stdout = output
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go s.wait()
	return s, nil
}

func (s *shStep) wait() {
	defer close(s.done)
	err := s.cmd.Wait()
	s.ended = time.Now()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		s.code = exit.ExitCode()
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			s.code = 128 + int(status.Signal()) // as the shell that wrote the result would say
		}
	}
}

// sh runs a step to its end and gives its exit code, its log and, with
// returnStdout, its output.
func (j *jenkins) sh(t *testing.T, script string, returnStdout bool) (code int, log, output string) {
	t.Helper()
	s := j.start(t, script, returnStdout)
	<-s.done
	if returnStdout {
		output = strings.TrimSpace(readFile(t, s.output))
	}
	return s.code, s.text(t), output
}

func (s *shStep) text(t *testing.T) string { t.Helper(); return readFile(t, s.log) }

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// until waits for a line in the log.
func (s *shStep) until(t *testing.T, text string) {
	t.Helper()
	for !strings.Contains(s.text(t), text) {
		select {
		case <-s.done:
			t.Fatalf("the step ended with %d before it wrote %q:\n%s", s.code, text, s.text(t))
		case <-time.After(10 * time.Millisecond):
		}
	}
}
