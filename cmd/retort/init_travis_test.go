package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestInitInTravis takes each shape to staging by a push of main, each job on a
// machine of its own, and to production by a tag.
func TestInitInTravis(t *testing.T) {
	for name, s := range shapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLogin(t)
			w := initRepository(t, s, l.addr)
			path := filepath.Join(w.dir, ".travis.yml")
			w.mine(t, path, l)
			var file travisFile
			if err := yaml.Unmarshal([]byte(readFile(t, path)), &file); err != nil {
				t.Fatal(err)
			}
			vars := append(w.vars, "REGISTRY_USER="+l.user, "REGISTRY_PASSWORD="+l.password)
			b := &travisBuild{origin: w.dir, root: t.TempDir(), fixture: "travis-push", vars: vars}
			b.build(t, l, file, map[string]string{"type": "push", "branch": "main"})
			b.fixture = "travis-tag"
			b.build(t, l, file, map[string]string{"type": "push", "branch": "v1.4.2", "tag": "v1.4.2"})
			s.promoted(t, l, w.project)
		})
	}
}

// build runs the jobs of a build, stage by stage, and fails with the first that
// does not pass.
func (b *travisBuild) build(t *testing.T, l login, file travisFile, vars map[string]string) {
	t.Helper()
	stages, err := file.stages(vars)
	if err != nil || len(stages) == 0 {
		t.Fatalf("no jobs for %v: %v", vars, err)
	}
	for _, jobs := range stages {
		for _, job := range jobs {
			b.vars = append(slices.Clip(b.vars), "HOME="+t.TempDir())
			result := b.run(t, file, job)
			if result.code != 0 {
				t.Fatalf("stage %s ended with %d:\n%s", job.Stage, result.code, result.output)
			}
			l.secret(t, result.output)
		}
	}
}

// checkFiles holds what init wrote against the schemas.
func (w *workspace) checkFiles(t *testing.T) {
	t.Helper()
	for name, s := range map[string]schema{
		".travis.yml": travisSchema(), ".gitlab-ci.yml": gitlabSchema(), ".github/workflows/retort.yml": githubSchema(),
	} {
		checkYAML(t, filepath.Join(w.dir, name), s)
		commandsOfYAML(t, filepath.Join(w.dir, name))
	}
	if _, err := os.Stat(filepath.Join(w.dir, "Jenkinsfile")); err != nil {
		t.Error(err)
	}
}

// A line of script goes on after a failed one: what a failed suite leaves must
// not be pushed by the next line.
func TestTravisGoesOn(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	s := shapes()["stage of tests"]
	s.files["Dockerfile"] = strings.Replace(s.files["Dockerfile"], `"echo", "tested"`, `"exit", "1"`, 1)
	w := initRepository(t, s, l.addr)
	vars := append(w.vars, "REGISTRY="+l.addr, "HOME="+w.loggedIn(t, l))
	b := &travisBuild{origin: w.dir, root: t.TempDir(), fixture: "travis-push", vars: vars}
	result := b.run(t, travisFile{}, travisJob{Script: lines{"retort build", "retort test", "retort push", "true"}})
	if result.code != 1 {
		t.Errorf("the job ended with %d, want 1", result.code)
	}
	for line, want := range map[string]int{"retort build": 0, "retort test": 3, "retort push": 4, "true": 0} {
		if got, ran := result.lines[line]; !ran || got != want {
			t.Errorf("%s exited with %d (%v), want %d:\n%s", line, got, ran, want, result.output)
		}
	}
	if len(result.folds) < 2 || len(result.open) != 1 {
		t.Errorf("folds are %v, of which %v are open, want that of the push that was refused:\n%s", result.folds, result.open, result.output)
	}
}

// A fork's pull request has no credentials: its push is skipped, and the job
// passes.
func TestTravisFork(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	w := initRepository(t, shapes()["stage of tests"], l.addr)
	b := &travisBuild{origin: w.dir, root: t.TempDir(), fixture: "travis-pr-fork", vars: append(w.vars, "REGISTRY="+l.addr)}
	result := b.run(t, travisFile{}, travisJob{Script: lines{"retort build --push", "retort test", "retort push", "retort promote --to staging"}})
	for line, want := range map[string]int{"retort build --push": 0, "retort test": 0, "retort push": 0, "retort promote --to staging": 4} {
		if got, ran := result.lines[line]; !ran || got != want {
			t.Errorf("%s exited with %d (%v), want %d:\n%s", line, got, ran, want, result.output)
		}
	}
}

// loggedIn is a home in which docker login was done.
func (w *workspace) loggedIn(t *testing.T, l login) string {
	t.Helper()
	dir, err := l.config(l.addr)
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := os.Rename(dir, filepath.Join(home, ".docker")); err != nil {
		t.Fatal(err)
	}
	return home
}
