package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// jenkinsfile is what evaluate.groovy makes of one.
type jenkinsfile struct {
	File  string
	Error string
	Stage jenkinsStage
}

// jenkinsStage is a stage, or the whole of the file, or a node of a scripted one.
type jenkinsStage struct {
	Name     string
	Agent    string // empty for that of the stage around it
	Skipped  bool   // by `when`
	Stages   []jenkinsStage
	Parallel []jenkinsStage
	Steps    []jenkinsStep
	Post     map[string][]jenkinsStep
}

// jenkinsStep is one step, with what the blocks around it give it.
type jenkinsStep struct {
	Step       string
	Script     string // of sh
	Stdout     bool
	Env        map[string]string
	Registry   string   // of withDockerRegistry
	Secrets    []string // variables of withCredentials
	Name       string   // of a stash
	Results    string   // globs
	AllowEmpty bool
	Stage      *jenkinsStage  // of a scripted node or stage
	Branches   []jenkinsStage // of a scripted parallel
}

// groovyLimit is the longest that one evaluation may take; it takes three seconds.
const groovyLimit = time.Minute

// evaluate has Debian's groovy, whose version is Jenkins' own, compile and evaluate
// the files, in a build that has the variables. See testdata/harness/evaluate.groovy
// for what that shows and what not. Where there is no groovy the test is skipped;
// where CI=true, which installs it, that is a failure.
func evaluate(t *testing.T, vars map[string]string, files ...string) []jenkinsfile {
	t.Helper()
	groovy, err := exec.LookPath("groovy")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no groovy to compile Jenkinsfiles: apt-get install groovy")
	}
	text, err := json.Marshal(vars)
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{filepath.Join("testdata", "harness", "evaluate.groovy"), string(text)}, files...)
	ctx, cancel := context.WithTimeout(t.Context(), groovyLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, groovy, args...)
	cmd.Env = append(os.Environ(), javaHome()...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("groovy: %v\n%s", err, stderr.String())
	}
	var all []jenkinsfile
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, len(out)+1)
	for lines.Scan() {
		var j jenkinsfile
		if err := json.Unmarshal(lines.Bytes(), &j); err != nil {
			t.Fatalf("groovy wrote %q: %v", lines.Text(), err)
		}
		all = append(all, j)
	}
	if len(all) != len(files) {
		t.Fatalf("groovy answered for %d of %d files:\n%s", len(all), len(files), stderr.String())
	}
	return all
}

// javaHome helps Debian's groovy, which looks for the default Java alone, to the
// one that is there.
func javaHome() []string {
	if os.Getenv("JAVA_HOME") != "" {
		return nil
	}
	java, err := exec.LookPath("java")
	if err == nil {
		java, err = filepath.EvalSymlinks(java)
	}
	if err != nil {
		return nil
	}
	return []string{"JAVA_HOME=" + filepath.Dir(filepath.Dir(java))}
}

// each visits all steps of a stage, those of its parts too.
func (s jenkinsStage) each(visit func(jenkinsStep)) {
	steps := s.Steps
	for _, post := range s.Post {
		steps = append(slices.Clip(steps), post...)
	}
	for _, step := range steps {
		visit(step)
		if step.Stage != nil {
			step.Stage.each(visit)
		}
		for _, b := range step.Branches {
			b.each(visit)
		}
	}
	for _, part := range slices.Concat(s.Stages, s.Parallel) {
		part.each(visit)
	}
}
