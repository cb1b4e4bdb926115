package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v4"
)

// The pipeline files of this repository and of its examples are of the formats of
// their systems, and run commands that there are. Those that init writes are held
// against the same in TestInitInJenkins.

func TestPipelineFiles(t *testing.T) {
	root := filepath.Join("..", "..")
	jenkinsfiles := []string{
		filepath.Join(root, "Jenkinsfile"), filepath.Join(examplesDir, "jenkins", "Jenkinsfile"),
		filepath.Join(examplesDir, "jenkins", "scripted.Jenkinsfile"),
	}
	for _, file := range []string{filepath.Join(root, ".travis.yml"), filepath.Join(examplesDir, "travis", ".travis.yml")} {
		checkYAML(t, file, travisSchema())
		commandsOfYAML(t, file)
	}
	for i, j := range evaluate(t, map[string]string{"BRANCH_NAME": "main"}, jenkinsfiles...) {
		if j.Error != "" {
			t.Errorf("%s: %s", jenkinsfiles[i], j.Error)
		}
		commandsOf(t, jenkinsfiles[i], j.Stage)
	}
}

// What Jenkins would refuse must not pass here.
func TestJenkinsfileRefused(t *testing.T) {
	want := map[string]string{
		"pipeline { agent any; stages { stage('a') { sh 'x' } } }":                   "sh does not belong into stage",
		"pipeline { agent any; stages { stage('a') { steps { shh 'x' } } } }":        "shh",
		"pipeline { agent any; steps { sh 'x' } }":                                   "steps does not belong into pipeline",
		"pipeline { agent any; stages { steps { sh 'x' } } }":                        "steps does not belong into stages",
		"pipeline { agent any; stages { stage('a') { when { brunch 'main' } } } }":   "brunch does not belong into when",
		"pipeline { agent any; stages { stage('a') { steps { sh \"${NOWHERE}\" }}}}": "NOWHERE",
		"pipeline { agent any; stages { stage('a') { steps { sh 'x' } } }":           "expecting '}'",
	}
	dir := t.TempDir()
	var files, expected []string
	for text, message := range want {
		file := filepath.Join(dir, string(rune('a'+len(files))))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		files, expected = append(files, file), append(expected, message)
	}
	for i, j := range evaluate(t, map[string]string{}, files...) {
		if !strings.Contains(j.Error, expected[i]) {
			t.Errorf("%s\n gives %q, want %q", readFile(t, files[i]), j.Error, expected[i])
		}
	}
}

// commandsOf checks the shell scripts of a stage and of its parts.
func commandsOf(t *testing.T, file string, s jenkinsStage) {
	t.Helper()
	s.each(func(step jenkinsStep) {
		if step.Step != "sh" {
			return
		}
		if err := parses(step.Script); err != nil {
			t.Errorf("%s: %s: %v", file, step.Script, err)
		}
		checkCommands(t, file, step.Script)
	})
}

func commandsOfYAML(t *testing.T, file string) {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(readFile(t, file)), &doc); err != nil {
		t.Fatal(err)
	}
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode {
			checkCommands(t, file, n.Value)
		}
		for _, child := range n.Content {
			visit(child)
		}
	}
	visit(&doc)
}

// checkCommands has the real command line parse every retort of a script, with
// nothing behind it.
func checkCommands(t *testing.T, file, script string) {
	t.Helper()
	for _, match := range regexp.MustCompile(`(?m)^\s*(?:exec )?(?:bin/)?(retort [a-z][^\n;|&>]*)`).FindAllStringSubmatch(script, -1) {
		app := testApp()
		silence(app.Commands)
		if err := app.RunContext(t.Context(), flagsFirst(strings.Fields(match[1]))); err != nil {
			t.Errorf("%s: %s: %v", file, match[1], err)
		}
	}
}

func silence(commands []*cli.Command) {
	for _, c := range commands {
		if len(c.Subcommands) == 0 {
			c.Action = func(*cli.Context) error { return nil }
		}
		silence(c.Subcommands)
	}
}
