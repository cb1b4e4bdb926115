package structure

import (
	"bytes"
	"regexp"
)

// judgeStages looks at each stage of a script. code is that of the container,
// which is 0 unless something ended it.
func (c *commandCheck) judgeStages(s script, out *streams, code int) {
	for i := range s.stages {
		st := out.stage(i)
		switch {
		case !st.ended:
			c.found.add("the container ended in %s with exit code %d%s", s.name(i), code, last(st.stderr.kept))
			return
		case i == s.needed:
			c.judge()
		case st.code == 0:
		case i < s.needed:
			c.found.add("%s ended with exit code %d%s", s.name(i), st.code, last(st.stderr.kept))
			return
		default:
			c.warnings.add("%s ended with exit code %d%s", s.name(i), st.code, last(st.stderr.kept))
		}
	}
}

// judge compares how the command ended with what is expected.
func (c *commandCheck) judge() {
	if c.stage.code != c.test.ExitCode {
		c.found.add("exit code is %d, not %d%s", c.stage.code, c.test.ExitCode, last(c.stage.stderr.kept))
	}
	c.search("stdout", c.stage.stdout, c.test.ExpectedOutput, c.test.ExcludedOutput)
	c.search("stderr", c.stage.stderr, c.test.ExpectedError, c.test.ExcludedError)
}

// search looks for what a stream must and must not have.
func (c *commandCheck) search(name string, text capture, expected, excluded []*regexp.Regexp) {
	missed := false
	for _, re := range expected {
		if !re.Match(text.kept) {
			c.found.add("%s has no match of %#q%s", name, re, begins(text.kept))
			missed = true
		}
	}
	for _, re := range excluded {
		if hit := re.Find(text.kept); hit != nil {
			c.found.add("%s matches %#q, which is excluded: %s", name, re, excerpt(hit))
		}
	}
	// What was not searched might have decided otherwise.
	if text.more && (missed || len(excluded) > 0) {
		c.found.add("%s is longer than %d MiB; the rest was not searched", name, maxOutput>>20)
	}
}

// last shows the last line of an output, where there is one.
func last(text []byte) string {
	text = bytes.TrimSpace(text)
	line := text[bytes.LastIndexByte(text, '\n')+1:]
	if len(line) == 0 {
		return ""
	}
	return ": " + string(line[:min(len(line), maxExcerpt)])
}
