package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// jenkinsBuild runs what a Jenkinsfile's evaluation planned. Each agent has a
// checkout of its own, in a directory with a space and an @2 in its path, as
// Jenkins makes them; what a later stage knows of an earlier one is in the
// registry, or stashed.
type jenkinsBuild struct {
	origin   string // the repository to check out
	root     string // of the agents
	vars     []string
	login    login
	mu       sync.Mutex
	agents   int
	stashes  map[string]map[string][]byte
	logs     []string
	results  int // JUnit files that were read
	finished []string
}

func (b *jenkinsBuild) run(t *testing.T, plan jenkinsfile) {
	t.Helper()
	if plan.Error != "" {
		t.Fatalf("%s: %s", plan.File, plan.Error)
	}
	b.stashes = map[string]map[string][]byte{}
	if err := b.stage(t, plan.Stage, nil); err != nil {
		t.Fatalf("the build failed: %v\n%s", err, strings.Join(b.logs, "\n"))
	}
}

// stage runs a stage where on is, or on an agent of its own.
func (b *jenkinsBuild) stage(t *testing.T, s jenkinsStage, on *jenkins) (err error) {
	if s.Skipped {
		return nil
	}
	if s.Agent != "" && s.Agent != "none" {
		if on, err = b.agent(t); err != nil {
			return err
		}
	}
	err = b.steps(t, s.Steps, on)
	for _, part := range s.Stages {
		if err == nil {
			err = b.stage(t, part, on)
		}
	}
	if err == nil {
		err = b.parallel(t, s.Parallel, on)
	}
	conditions := []string{"always", "success"}
	if err != nil {
		conditions[1] = "failure"
	}
	for _, c := range conditions {
		err = errors.Join(err, b.steps(t, s.Post[c], on))
	}
	if err != nil {
		return fmt.Errorf("stage %s: %w", s.Name, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.finished = append(b.finished, s.Name)
	return nil
}

func (b *jenkinsBuild) parallel(t *testing.T, stages []jenkinsStage, on *jenkins) error {
	errs := make([]error, len(stages))
	var wg sync.WaitGroup
	for i, s := range stages {
		wg.Go(func() { errs[i] = b.stage(t, s, on) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// agent checks the repository out.
func (b *jenkinsBuild) agent(t *testing.T) (*jenkins, error) {
	b.mu.Lock()
	b.agents++
	dir := filepath.Join(b.root, fmt.Sprintf("agent %d@2", b.agents), filepath.Base(b.origin))
	b.mu.Unlock()
	return newJenkins(t, dir, b.vars...), checkOut(t, b.origin, dir)
}

func checkOut(t *testing.T, origin, dir string) error {
	out, err := exec.CommandContext(t.Context(), "git", "clone", "-q", "--depth", "1", "file://"+origin, dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("check out: %w: %s", err, out)
	}
	return nil
}

func (b *jenkinsBuild) steps(t *testing.T, steps []jenkinsStep, on *jenkins) error {
	for _, s := range steps {
		if err := b.step(t, s, on); err != nil {
			return err
		}
	}
	return nil
}

func (b *jenkinsBuild) step(t *testing.T, s jenkinsStep, on *jenkins) error {
	switch s.Step {
	case "sh":
		return b.sh(s, on)
	case "junit":
		return b.junit(s, on.workspace)
	case "stash":
		return b.stash(s, on.workspace)
	case "readProperties":
		_, err := os.Stat(filepath.Join(on.workspace, s.Results))
		return err
	case "unstash":
		return b.unstash(s, on.workspace)
	case "node", "stage":
		return b.stage(t, *s.Stage, on)
	case "parallel":
		return b.parallel(t, s.Branches, on)
	}
	return nil // it changes nothing that a later step sees
}

// sh runs a shell step with what the blocks around it put into its environment. A
// pipeline that asks for the exit code would go on after a failure; this one does
// not, for its evaluation took the code to be 0.
func (b *jenkinsBuild) sh(s jenkinsStep, on *jenkins) error {
	env := slices.Clone(on.env)
	for name, value := range s.Env {
		env = append(env, name+"="+value)
	}
	for _, name := range s.Secrets {
		env = append(env, name+"="+b.login.variable(name))
	}
	if s.Registry != "" {
		dir, err := b.login.config(strings.TrimPrefix(s.Registry, "https://"))
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		env = append(env, "DOCKER_CONFIG="+dir)
	}
	step, err := (&jenkins{workspace: on.workspace, env: env}).begin(s.Script, s.Stdout)
	if err != nil {
		return err
	}
	<-step.done
	log, err := os.ReadFile(step.log)
	b.mu.Lock()
	b.logs = append(b.logs, string(log))
	b.mu.Unlock()
	if err == nil && step.code != 0 {
		err = fmt.Errorf("script returned exit code %d", step.code)
	}
	return err
}
