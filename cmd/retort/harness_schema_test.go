package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// schema is what a value of a CI's YAML file may be. The schemas are our own, of
// the keys that we use: what they refuse may be allowed, what they take was looked
// up in the systems' documentation.
type schema struct {
	kinds  []string          // of "text", "list", "map"; any when empty
	keys   map[string]schema // of a map; others are refused, unless there is rest
	rest   *schema           // of a map's other keys
	items  *schema           // of a list
	needs  []string          // keys that a map must have
	values []string          // of a text, if not any will do
	check  func(text string) error
}

// violations names what is wrong, each with its line.
func (s schema) violations(path string, n *yaml.Node) []string {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	kind := map[yaml.Kind]string{yaml.ScalarNode: "text", yaml.SequenceNode: "list", yaml.MappingNode: "map"}[n.Kind]
	at := fmt.Sprintf("line %d: %s", n.Line, path)
	if len(s.kinds) > 0 && !slices.Contains(s.kinds, kind) {
		return []string{fmt.Sprintf("%s is a %s, want %s", at, kind, strings.Join(s.kinds, " or "))}
	}
	var found []string
	switch kind {
	case "text":
		if len(s.values) > 0 && !slices.Contains(s.values, n.Value) {
			found = append(found, fmt.Sprintf("%s is %q, want one of %v", at, n.Value, s.values))
		}
		if s.check != nil {
			if err := s.check(n.Value); err != nil {
				found = append(found, fmt.Sprintf("%s: %v", at, err))
			}
		}
	case "list":
		for i, item := range n.Content {
			if s.items != nil {
				found = append(found, s.items.violations(fmt.Sprintf("%s[%d]", path, i), item)...)
			}
		}
	case "map":
		found = append(found, s.mapping(path, at, n)...)
	}
	return found
}

func (s schema) mapping(path, at string, n *yaml.Node) []string {
	var found, has []string
	for pair := range slices.Chunk(n.Content, 2) {
		name := pair[0].Value
		if slices.Contains(has, name) {
			found = append(found, fmt.Sprintf("%s has %s twice", at, name))
		}
		has = append(has, name)
		if key, known := s.keys[name]; known {
			found = append(found, key.violations(path+"."+name, pair[1])...)
		} else if s.rest != nil {
			found = append(found, s.rest.violations(path+"."+name, pair[1])...)
		} else if s.keys != nil {
			found = append(found, fmt.Sprintf("line %d: %s.%s is no key that we know", pair[0].Line, path, name))
		}
	}
	for _, name := range s.needs {
		if !slices.Contains(has, name) {
			found = append(found, fmt.Sprintf("%s lacks %s", at, name))
		}
	}
	return found
}

// checkYAML holds a file against a schema.
func checkYAML(t *testing.T, file string, s schema) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(content, &doc); err != nil || len(doc.Content) != 1 {
		t.Fatalf("%s: %v", file, err)
	}
	for _, v := range s.violations("", doc.Content[0]) {
		t.Errorf("%s: %s", file, v)
	}
}

func TestSchemas(t *testing.T) {
	for text, want := range map[string]string{
		"script: x\njobs: { include: [{ stage: a, scripts: x }] }": ".jobs.include[0].scripts is no key",
		"script: 'if'": "bash",
		"jobs: { include: [{ stage: a, script: x, if: branch ~ main }] }": "is no operator",
		"jobs: { include: [{ script: x }] }":                              "lacks stage",
		"jobs: [x]":                                                       "is a list, want map",
		"dist: narnia":                                                    "want one of",
		"os: linux\nos: linux":                                            "twice",
	} {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		got := travisSchema().violations("", doc.Content[0])
		if len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%s\n gives %q, want %q", text, got, want)
		}
	}
}

func TestTravisConditions(t *testing.T) {
	vars := map[string]string{"type": "push", "branch": "main", "tag": ""}
	for text, want := range map[string]string{
		"":                               "true",
		"type = push":                    "true",
		"type != push":                   "false",
		"type=push":                      "true",
		"tag IS present":                 "false",
		"NOT tag IS present":             "true",
		"tag IS blank AND branch = main": "true",
		"type != pull_request AND (branch = main OR tag IS present)": "true",
		"type = pull_request OR branch = dev OR branch = main":       "true",
		"(type = push":  "a parenthesis is not closed",
		"brunch = main": "conditions know no \"brunch\"",
		"type = push )": "\")\" is left over",
		"type":          "is no condition",
	} {
		holds, err := condition(text, vars)
		got := fmt.Sprint(holds)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
