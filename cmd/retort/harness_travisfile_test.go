package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// travisFile is what the harness runs of a .travis.yml.
type travisFile struct {
	Env          struct{ Global []string }
	Install      lines
	BeforeScript lines `yaml:"before_script"`
	Stages       []string
	Jobs         struct{ Include []travisJob }
}

type travisJob struct {
	Stage  string
	If     string
	Script lines
}

// lines are one line, or a list of them.
type lines []string

// UnmarshalYAML takes both.
func (l *lines) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*l = lines{n.Value}
		return nil
	}
	return n.Decode((*[]string)(l))
}

// stages gives the jobs that run under these variables, a list per stage, in the
// order of the stages: those of `stages`, else as they come.
func (f travisFile) stages(vars map[string]string) ([][]travisJob, error) {
	names := slices.Clone(f.Stages)
	byStage := map[string][]travisJob{}
	for _, j := range f.Jobs.Include {
		if !slices.Contains(names, j.Stage) {
			names = append(names, j.Stage)
		}
		holds, err := condition(j.If, vars)
		if err != nil {
			return nil, fmt.Errorf("if of a job of stage %s: %w", j.Stage, err)
		}
		if holds {
			byStage[j.Stage] = append(byStage[j.Stage], j)
		}
	}
	var all [][]travisJob
	for _, name := range names {
		if len(byStage[name]) > 0 {
			all = append(all, byStage[name])
		}
	}
	return all, nil
}

// condition decides what Travis's language of conditions says, as far as it is
// used: NAME = value, NAME != value, NAME IS present or blank, AND, OR, NOT and
// parentheses. Without a condition it is true.
func condition(text string, vars map[string]string) (bool, error) {
	if text == "" {
		return true, nil
	}
	words := regexp.MustCompile(`[()]|!=|==?|[^\s()=!]+`).FindAllString(text, -1)
	c := conditions{words: words, vars: vars}
	holds, err := c.or()
	if err == nil && len(c.words) > 0 {
		err = fmt.Errorf("%q is left over in %q", c.words[0], text)
	}
	return holds, err
}

type conditions struct {
	words []string
	vars  map[string]string
}

func (c *conditions) take(word string) bool {
	if len(c.words) == 0 || !strings.EqualFold(c.words[0], word) {
		return false
	}
	c.words = c.words[1:]
	return true
}

func (c *conditions) or() (bool, error) {
	holds, err := c.and()
	for err == nil && c.take("OR") {
		var more bool
		more, err = c.and()
		holds = holds || more
	}
	return holds, err
}

func (c *conditions) and() (bool, error) {
	holds, err := c.term()
	for err == nil && c.take("AND") {
		var more bool
		more, err = c.term()
		holds = holds && more
	}
	return holds, err
}

func (c *conditions) term() (bool, error) {
	if c.take("NOT") {
		holds, err := c.term()
		return !holds, err
	}
	if c.take("(") {
		holds, err := c.or()
		if err == nil && !c.take(")") {
			err = errors.New("a parenthesis is not closed")
		}
		return holds, err
	}
	if len(c.words) < 3 {
		return false, fmt.Errorf("%q is no condition", strings.Join(c.words, " "))
	}
	name, operator, value := c.words[0], c.words[1], c.words[2]
	c.words = c.words[3:]
	known := []string{"branch", "tag", "type", "fork", "repo", "sender", "head_branch", "head_repo", "os", "dist", "commit_message", "sudo"}
	if !slices.Contains(known, name) {
		return false, fmt.Errorf("conditions know no %q, but %v", name, known)
	}
	switch {
	case operator == "=" || operator == "==":
		return c.vars[name] == value, nil
	case operator == "!=":
		return c.vars[name] != value, nil
	case strings.EqualFold(operator, "IS") && value == "present":
		return c.vars[name] != "", nil
	case strings.EqualFold(operator, "IS") && value == "blank":
		return c.vars[name] == "", nil
	}
	return false, fmt.Errorf("%q is no operator", operator)
}
