package structure

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
)

// shell runs setup, command and teardown in one container. An engine runs one
// program in a container, and nothing but the image's own programs can be
// assumed there; this is the one that can run others.
const shell = "/bin/sh"

// script runs stages one after the other and marks on both streams where each
// ends and how it ended, by a line that no stage can know.
type script struct {
	marker string
	stages [][]string
	needed int // so many of the first must succeed for the next to run
}

func newScript(t CommandTest, env environment) script {
	command := append([]string{t.Command}, t.Args...)
	stages := slices.Concat(t.Setup, [][]string{command}, t.Teardown)
	for i, words := range stages {
		stages[i] = env.expandAll(words)
	}
	return script{marker: "retort-" + rand.Text(), stages: stages, needed: len(t.Setup)}
}

// text is the script (POSIX.1-2017, "Shell Command Language"). It uses no
// program but those of the stages; echo is part of every shell there is.
func (s script) text() string {
	var b strings.Builder
	for i, words := range s.stages {
		for _, w := range words {
			b.WriteString(quote(w) + " ")
		}
		mark := "echo; echo " + s.marker + ":$c"
		b.WriteString("\nc=$?\n" + mark + "\n{ " + mark + "; } >&2\n")
		if i < s.needed {
			b.WriteString("case $c in 0) ;; *) exit 0 ;; esac\n")
		}
	}
	b.WriteString("exit 0\n")
	return b.String()
}

// quote makes one word of any text.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// name says which stage the i-th is.
func (s script) name(i int) string {
	words := strings.Join(s.stages[i], " ")
	switch {
	case i < s.needed:
		return fmt.Sprintf("setup %d (%s)", i+1, words)
	case i == s.needed:
		return "the command"
	}
	return fmt.Sprintf("teardown %d (%s)", i-s.needed, words)
}

// stage is how one of a script's commands ended.
type stage struct {
	ended          bool
	code           int
	stdout, stderr capture
}

// streams are the two outputs of a script on their way into its stages.
type streams struct{ stdout, stderr splitter }

func (s script) streams() *streams {
	marker := "\n" + s.marker + ":"
	return &streams{stdout: newSplitter(marker), stderr: newSplitter(marker)}
}

func (s *streams) finish() {
	s.stdout.finish()
	s.stderr.finish()
}

// stage gives the i-th, which has no output when it did not begin.
func (s *streams) stage(i int) stage {
	st := stage{stdout: s.stdout.part(i), stderr: s.stderr.part(i)}
	st.code, st.ended = s.stdout.code(i)
	return st
}
