package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// examplesDir is where the examples are, seen from here.
var examplesDir = filepath.Join("..", "..", "examples")

// exampleRepository is the examples' repository with small images in the place of
// the shop's own: the compose file and the pipelines are the real ones.
func exampleRepository(t *testing.T, l login, pipeline string) *workspace {
	t.Helper()
	image := func(name string) string {
		return "FROM scratch AS run\nCOPY probe unique /\nCOPY probe /" + name + "\nUSER 65534:65534\nEXPOSE 8080\n" +
			"CMD [\"/" + name + "\", \"serve\", \":8080\"]\nFROM run AS test\nCMD [\"/probe\", \"echo\", \"tested\"]\n"
	}
	shop := filepath.Join(examplesDir, "shop")
	compose := strings.ReplaceAll(readFile(t, filepath.Join(shop, "compose.yaml")), ", healthy]", ", pwd]")
	s := shape{files: map[string]string{
		"examples/shop/compose.yaml":   compose,
		"examples/shop/structure.yaml": readFile(t, filepath.Join(shop, "structure.yaml")),
		"pipeline":                     strings.ReplaceAll(readFile(t, filepath.Join(examplesDir, pipeline)), "registry.example.com", l.addr),
		"Dockerfile":                   "FROM scratch\n",
	}}
	for _, name := range []string{"orders", "billing", "broker", "e2e"} {
		s.files["examples/shop/"+name+"/Dockerfile"] = image(name)
	}
	w := newRepository(t, s, l.addr)
	w.vars = append(w.vars, "COMPOSE_PROJECT_NAME="+w.project)
	for _, name := range []string{"probe", "unique"} {
		if err := os.Link(filepath.Join(w.dir, name), filepath.Join(w.dir, "examples", "shop", name)); err != nil {
			t.Fatal(err)
		}
	}
	w.git(t, "add", "-A")
	w.git(t, "commit", "-q", "-m", w.project)
	return w
}

// shop is what the examples deploy.
func shop() shape { return shape{images: []string{"shop/orders", "shop/billing"}} }

func TestExamplesInJenkins(t *testing.T) {
	type made struct {
		name string
		login
		*workspace
	}
	var all []made
	var files []string
	for _, name := range []string{"Jenkinsfile", "scripted.Jenkinsfile"} {
		l := newLogin(t)
		m := made{name, l, exampleRepository(t, l, filepath.Join("jenkins", name))}
		all, files = append(all, m), append(files, filepath.Join(m.dir, "pipeline"))
	}
	plans := evaluate(t, map[string]string{"BRANCH_NAME": "main"}, files...)
	for i, m := range all {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			b := &jenkinsBuild{origin: m.dir, root: t.TempDir(), vars: m.vars, login: m.login}
			b.run(t, plans[i])
			if b.agents < 6 || b.results < 5 {
				t.Errorf("%d agents and %d reports, want one to build, three to test, and more", b.agents, b.results)
			}
			shop().promoted(t, m.login, m.project)
			m.secret(t, strings.Join(b.logs, ""))
		})
	}
}

// A fork's pull request is built and tested on one agent, and nothing is pushed.
func TestExampleOfPullRequest(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	w := exampleRepository(t, l, filepath.Join("jenkins", "Jenkinsfile"))
	plans := evaluate(t, map[string]string{"BRANCH_NAME": "PR-24", "CHANGE_ID": "24"},
		filepath.Join(w.dir, "pipeline"), filepath.Join(examplesDir, "jenkins", "scripted.Jenkinsfile"))
	if plans[1].Error != "" {
		t.Error(plans[1].Error)
	}
	change := []string{"BRANCH_NAME=PR-24", "CHANGE_ID=24", "CHANGE_TARGET=main", "CHANGE_BRANCH=x", "CHANGE_FORK=mallory"}
	b := &jenkinsBuild{origin: w.dir, root: t.TempDir(), vars: append(w.vars, change...), login: l}
	b.run(t, plans[0])
	if b.agents != 1 || b.results < 3 {
		t.Errorf("%d agents, %d reports", b.agents, b.results)
	}
}

func TestExamplesInTravis(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	w := exampleRepository(t, l, filepath.Join("travis", ".travis.yml"))
	var file travisFile
	if err := yaml.Unmarshal([]byte(readFile(t, filepath.Join(w.dir, "pipeline"))), &file); err != nil {
		t.Fatal(err)
	}
	vars := append(w.vars, "REGISTRY_USER="+l.user, "REGISTRY_PASSWORD="+l.password)
	b := &travisBuild{origin: w.dir, root: t.TempDir(), fixture: "travis-push", vars: vars}
	b.build(t, l, file, map[string]string{"type": "push", "branch": "main"})
	b.fixture = "travis-tag"
	b.build(t, l, file, map[string]string{"type": "push", "branch": "v1.4.2", "tag": "v1.4.2"})
	shop().promoted(t, l, w.project)
}
