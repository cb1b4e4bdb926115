package promote

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/mask"
)

// execLimit is how long a command may think unless the project says otherwise.
const execLimit = time.Minute

// maxAnswer bounds what is kept of a command's output, in bytes.
const maxAnswer = 64 << 10

// Exec is the gate that asks a command: exit code 0 lets the digest in, any
// other refuses, with the command's last line for the reason. One that cannot be
// started or does not end in time gave no answer.
type Exec struct {
	Command []string
	Dir     string
	Env     []string      // NAME=value; what moves where is added as RETORT_…
	Limit   time.Duration // a minute when 0
	// Secrets are masked in what the gate says, since records keep it; nil: none
	// are known.
	Secrets *mask.Set
}

var _ Gate = Exec{}

// Name is the key in the project file.
func (Exec) Name() string { return "exec" }

// Ask runs the command.
func (x Exec) Ask(ctx context.Context, e Edge) (Verdict, error) {
	limit := x.Limit
	if limit == 0 {
		limit = execLimit
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(limited, x.Command[0], x.Command[1:]...)
	alone(cmd)
	cmd.Dir, cmd.WaitDelay = x.Dir, time.Second
	cmd.Env = append(slices.Clip(x.Env),
		"RETORT_SERVICE="+e.Service, "RETORT_ENVIRONMENT="+e.Environment,
		"RETORT_DIGEST="+e.Digest(), "RETORT_IMAGE="+e.From, "RETORT_TO="+e.To())
	var said answer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return Verdict{Allowed: true, Reason: x.Secrets.Text(said.last())}, nil
	case ctx.Err() != nil:
		return Verdict{}, context.Cause(ctx)
	case limited.Err() != nil:
		return Verdict{}, fmt.Errorf("%s has not ended after %s", x.Command[0], limit)
	case ended && exit.Exited():
		reason := fmt.Sprintf("%s ended with exit code %d: %s", x.Command[0], exit.ExitCode(), said.last())
		return Verdict{
			Reason: x.Secrets.Text(strings.TrimSuffix(reason, ": ")),
			// Not what it was called with: tokens stand there.
			Remedy: x.Secrets.Text("see what " + x.Command[0] + " asks for"),
		}, nil
	}
	return Verdict{}, fmt.Errorf("run %s: %w", x.Command[0], err)
}

// answer keeps the end of what a command says.
type answer struct{ text []byte }

func (a *answer) Write(p []byte) (int, error) {
	a.text = append(a.text, p...)
	a.text = a.text[max(0, len(a.text)-maxAnswer):]
	return len(p), nil
}

// last is the last line with something on it.
func (a *answer) last() string {
	lines := strings.Split(strings.TrimSpace(string(a.text)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
