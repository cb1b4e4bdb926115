package main

import (
	"fmt"
	"maps"
	"os/exec"
	"strings"
)

func textual(check func(string) error) schema {
	return schema{kinds: []string{"text"}, check: check}
}

func among(values ...string) schema { return schema{kinds: []string{"text"}, values: values} }

func mapOf(keys map[string]schema, needs ...string) schema {
	return schema{kinds: []string{"map"}, keys: keys, needs: needs}
}

func listOf(item schema) schema { return schema{kinds: []string{"list"}, items: &item} }

// oneOrMore is an item, or a list of such.
func oneOrMore(item schema) schema {
	return schema{kinds: append([]string{"list"}, item.kinds...), items: &item, check: item.check, keys: item.keys}
}

func anyText() schema { return textual(nil) }

// variables are a map of names to texts.
func variables() schema {
	text := anyText()
	return schema{kinds: []string{"map"}, rest: &text}
}

// shell are lines that bash can parse.
func shell() schema { return textual(parses) }

func parses(script string) error {
	out, err := exec.Command("bash", "-n", "-c", script).CombinedOutput() //nolint:noctx // it only parses
	if err != nil {
		return fmt.Errorf("bash: %s", strings.TrimSpace(string(out)))
	}
	return nil
}

// travisSchema is of .travis.yml: docs.travis-ci.com/user/build-stages, /conditions.
func travisSchema() schema {
	job := map[string]schema{
		"script": oneOrMore(shell()), "if": textual(func(s string) error { _, err := condition(s, nil); return err }),
		"env": oneOrMore(anyText()), "name": anyText(),
	}
	top := maps.Clone(job)
	job["stage"] = anyText()
	for _, phase := range []string{"before_install", "install", "before_script", "after_success", "after_failure", "after_script"} {
		job[phase], top[phase] = oneOrMore(shell()), oneOrMore(shell())
	}
	maps.Copy(top, map[string]schema{
		"language": among("go", "minimal", "generic", "bash"), "go": oneOrMore(anyText()),
		"os": among("linux"), "dist": among("noble", "jammy", "focal"), "services": oneOrMore(among("docker")),
		"stages": listOf(anyText()),
		"env":    mapOf(map[string]schema{"global": listOf(anyText()), "jobs": listOf(anyText())}),
		"jobs":   mapOf(map[string]schema{"include": listOf(mapOf(job, "stage")), "fast_finish": among("true", "false")}),
	})
	return mapOf(top)
}

// githubSchema is of a workflow: docs.github.com/actions/reference/workflow-syntax.
func githubSchema() schema {
	step := mapOf(map[string]schema{
		"name": anyText(), "if": anyText(), "uses": textual(pinned), "with": variables(), "env": variables(), "run": shell(),
	})
	job := mapOf(map[string]schema{
		"runs-on": anyText(), "needs": oneOrMore(anyText()), "if": anyText(), "environment": anyText(),
		"timeout-minutes": anyText(), "permissions": variables(), "env": variables(), "steps": listOf(step),
	}, "runs-on", "steps")
	branches := mapOf(map[string]schema{"branches": listOf(anyText()), "tags": listOf(anyText())})
	branches.kinds = append(branches.kinds, "text") // nothing: all of them
	return mapOf(map[string]schema{
		"name": anyText(), "on": mapOf(map[string]schema{"push": branches, "pull_request": branches}),
		"permissions": variables(), "env": variables(), "jobs": {kinds: []string{"map"}, rest: &job},
	}, "on", "jobs")
}

// pinned: an action names its version.
func pinned(uses string) error {
	if !strings.Contains(uses, "@") {
		return fmt.Errorf("%q names no version", uses)
	}
	return nil
}

// gitlabSchema is of .gitlab-ci.yml: docs.gitlab.com/ci/yaml.
func gitlabSchema() schema {
	rule := mapOf(map[string]schema{"if": anyText(), "when": among("manual", "always", "never", "on_success")})
	reports := mapOf(map[string]schema{"junit": oneOrMore(anyText()), "dotenv": anyText()})
	job := mapOf(map[string]schema{
		"stage": anyText(), "script": oneOrMore(shell()), "rules": listOf(rule), "environment": anyText(), "parallel": anyText(),
		"needs": listOf(anyText()),
		"artifacts": mapOf(map[string]schema{
			"when": among("always", "on_success", "on_failure"), "reports": reports, "paths": listOf(anyText()),
		}),
	}, "stage", "script")
	return schema{kinds: []string{"map"}, rest: &job, needs: []string{"stages"}, keys: map[string]schema{
		"image": anyText(), "services": listOf(anyText()), "variables": variables(), "before_script": listOf(shell()), "stages": listOf(anyText()),
	}}
}
