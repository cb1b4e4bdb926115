package test

import (
	"fmt"
	"strings"

	"github.com/retort-ci/retort/pkg/report"
)

// fail makes the verdict. A reason may quote what a container said, which was
// not masked on its way here; its last lines were.
func (sc *scope) fail(out *Outcome, reason string, tail []string) {
	out.Verdict, out.Reason, out.Tail = Failed, sc.opts.Secrets.Text(reason), tail
}

// Summary is the outcome in a few words.
func (o Outcome) Summary() string {
	switch {
	case o.Verdict == "":
		return "no verdict"
	case o.Reason == "" && o.Verdict.Good():
		return string(o.Verdict)
	}
	return fmt.Sprintf("%s: %s", o.Verdict, o.why())
}

// why is what made the verdict.
func (o Outcome) why() string {
	if o.Reason != "" || o.Verdict.Good() {
		return o.Reason
	}
	return fmt.Sprintf("exit code %d%s", o.ExitCode, meaning(o.ExitCode))
}

// meaning explains the exit codes that shells and the kernel give
// (POSIX.1-2017, Shell Command Language, 2.8.2).
func meaning(code int) string {
	switch code {
	case 126:
		return ", which is a shell's for a command that cannot be executed"
	case 127:
		return ", which is a shell's for a command that is not there"
	case 137:
		return ", killed (SIGKILL)"
	case 139:
		return ", crashed (SIGSEGV)"
	case 143:
		return ", terminated (SIGTERM)"
	}
	return ""
}

// single stands for a suite that wrote no report.
func (o Outcome) single() report.Single {
	s := report.Single{Suite: o.Suite, Name: o.Suite, Elapsed: o.Elapsed}
	if !o.Verdict.Good() {
		s.Failure, s.Output = o.Summary(), strings.Join(o.Tail, "\n")
	}
	return s
}
