package main

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
)

// newRepository makes the repository of a shape, with nothing committed yet.
func newRepository(t *testing.T, s shape, registry string) *workspace {
	t.Helper()
	w := &workspace{project: "cli-" + strings.ToLower(rand.Text()[:10]), engine: dockertest.Open(t)}
	w.dir = filepath.Join(t.TempDir(), w.project)
	w.vars = append(engineVars(), append(gitVars(), "PATH="+os.Getenv("PATH"), "HOME="+t.TempDir(), "GORACE=atexit_sleep_ms=0")...)
	program, err := ownProbe(w.project)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range s.files {
		w.add(t, name, strings.ReplaceAll(text, "$PROJECT", w.project))
		if filepath.Base(name) == "Dockerfile" {
			w.add(t, filepath.Join(filepath.Dir(name), "unique"), w.project)
			w.add(t, filepath.Join(filepath.Dir(name), "probe"), string(program))
		}
	}
	t.Cleanup(func() { cleanUp(t, w.engine, registry, w.project) })
	w.git(t, "init", "-q", "-b", "main")
	return w
}

// initRepository has init write the files of all systems, and commits that.
func initRepository(t *testing.T, s shape, registry string) *workspace {
	t.Helper()
	w := newRepository(t, s, registry)
	args := []string{"init", "--ci", "jenkins", "--ci", "travis", "--ci", "github", "--ci", "gitlab"}
	if s.force {
		before := readFile(t, filepath.Join(w.dir, "Jenkinsfile"))
		w.run(t, args...)
		if readFile(t, filepath.Join(w.dir, "Jenkinsfile")) != before {
			t.Error("init wrote over the Jenkinsfile without --force")
		}
		w.run(t, append(args, "--force")...)
	} else {
		w.run(t, args...)
	}
	if again := w.run(t, args...); again != "" {
		t.Errorf("the second init wrote %q", again)
	}
	w.git(t, "add", "-A")
	w.git(t, "commit", "-q", "-m", w.project)
	return w
}

// add writes a file that a container can run, and its directories.
func (w *workspace) add(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (w *workspace) git(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir, cmd.Env = w.dir, w.vars
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// promoted fails unless production has what staging has, of every image.
func (s shape) promoted(t *testing.T, l login, project string) {
	t.Helper()
	for _, image := range s.images {
		image = strings.ReplaceAll(image, "$PROJECT", project)
		_, want, _ := strings.Cut(l.digest(t, image+":staging"), "@")
		if _, got, _ := strings.Cut(l.digest(t, "prod/"+filepath.Base(image)+":production"), "@"); got != want {
			t.Errorf("%s: production has %s, staging %s", image, got, want)
		}
	}
}

// TestInitInJenkins takes each shape from build to promotion by its Jenkinsfile.
func TestInitInJenkins(t *testing.T) {
	type made struct {
		name string
		shape
		login
		*workspace
	}
	var all []made
	var files []string
	for name, s := range shapes() {
		m := made{name, s, newLogin(t), nil}
		m.workspace = initRepository(t, s, m.addr)
		m.checkFiles(t)
		file := filepath.Join(m.dir, "Jenkinsfile")
		m.mine(t, file, m.login)
		all, files = append(all, m), append(files, file)
	}
	plans := evaluate(t, map[string]string{"BRANCH_NAME": "main"}, files...)
	for i, m := range all {
		commandsOf(t, files[i], plans[i].Stage)
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			b := &jenkinsBuild{origin: m.dir, root: t.TempDir(), vars: m.vars, login: m.login}
			b.run(t, plans[i])
			if (b.results > 0) != (m.suites > 0) {
				t.Errorf("junit read %d files of %d suites", b.results, m.suites)
			}
			m.promoted(t, m.login, m.project)
			m.secret(t, strings.Join(b.logs, ""))
		})
	}
}

// mine puts the registry where the file wants it, as its owner would.
func (w *workspace) mine(t *testing.T, file string, l login) {
	t.Helper()
	text := strings.ReplaceAll(readFile(t, file), "registry.example.com", l.addr)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	w.git(t, "commit", "-q", "-a", "-m", "our registry")
}
