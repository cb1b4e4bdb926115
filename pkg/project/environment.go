package project

import (
	"time"

	"github.com/mattn/go-shellwords"

	"github.com/retort-ci/retort/pkg/freeze"
)

// environmentKeys are those of an environment.
func environmentKeys() []string {
	return []string{
		"after", "soak", "repository", "tag", "requires", "signed-by", "branches", "tags", "freeze", "exec",
		"override", "write", "from-pull-requests",
	}
}

// gateKeys are those that keep digests out.
func gateKeys() []string {
	return []string{"after", "soak", "requires", "signed-by", "branches", "tags", "freeze", "exec"}
}

func (v value) environment(name, dir string) Environment {
	fields := v.fields(environmentKeys()...)
	for _, key := range gateKeys() {
		fields[key] = fields[key].notBlank()
	}
	e := Environment{
		Name:       name,
		After:      fields["after"].text(),
		Repository: fields["repository"].text(),
		Tag:        fields["tag"].text(),
		Requires:   fields["requires"].texts(),
		SignedBy:   fields["signed-by"].keys(dir),

		Soak:     fields["soak"].duration(0),
		Branches: fields["branches"].patterns(),
		Tags:     fields["tags"].patterns(),
		Freeze:   fields["freeze"].windows(),
		Exec:     fields["exec"].exec(),
		Override: fields["override"].boolean(false),
		Write:    fields["write"].writes(),

		FromPullRequests: fields["from-pull-requests"].boolean(false),
	}
	if e.Tag == "" {
		e.Tag = name
	}
	if e.Soak > 0 && e.After == "" {
		fields["soak"].fail("needs after, the environment in which a digest is to soak")
	}
	return e
}

// notBlank notes a key with nothing behind it, and goes on as if it were not
// there. Its item may be commented out, or its variable not set: whoever wrote it
// wanted a gate, and would have none.
func (v value) notBlank() value {
	if v.absent || v.raw != nil && v.raw != "" {
		return v
	}
	v.fail("must not be empty; leave it out")
	return value{report: v.report, path: v.path, at: v.at, absent: true}
}

// some are the items of a list, or the one that is no list. An empty list is a
// fault: nothing could satisfy it, and nobody means that.
func (v value) some() []value {
	items := v.oneOrMore()
	if v.raw != nil && len(items) == 0 {
		v.fail("must not be empty; leave it out")
	}
	return items
}

// patterns are some for path.Match.
func (v value) patterns() []string {
	var patterns []string
	for _, item := range v.some() {
		pattern := item.said()
		item.isPattern(pattern)
		patterns = append(patterns, pattern)
	}
	return patterns
}

func (v value) windows() []freeze.Window {
	var windows []freeze.Window
	for _, item := range v.some() {
		text := item.said()
		if text == "" {
			continue // told by now
		}
		window, err := freeze.Parse(text)
		if err != nil {
			item.fail("%v", err)
		}
		windows = append(windows, window)
	}
	return windows
}

// exec is a command, or a mapping of one and its time limit.
func (v value) exec() *Exec {
	command, timeout := v, time.Duration(0)
	if _, ok := v.raw.(map[string]any); ok {
		fields := v.fields("command", "timeout")
		command, timeout = fields["command"], fields["timeout"].duration(0)
		if command.raw == nil {
			v.fail("needs a command")
		}
	}
	if command.raw == nil {
		return nil
	}
	return &Exec{Command: command.command(), Timeout: timeout}
}

// command is one as Compose writes it: a list of words, or a text that is parted
// as a shell would, without a shell. What only a shell understands is refused,
// not left out: half a command could allow what the whole refuses.
func (v value) command() []string {
	if _, ok := v.raw.([]any); ok {
		return said(v.some())
	}
	text := v.said()
	parser := shellwords.Parser{}
	words, err := parser.Parse(text)
	switch {
	case text == "": // told by now
	case err != nil || parser.Position >= 0:
		v.fail("%q is for a shell; write [sh, -c, '…']", text)
	case len(words) == 0:
		v.fail("must name a command")
	}
	return words
}
