package ci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// gitTimeout is the longest that one git command may take. A status of a very
// large work tree with a cold disk takes a few seconds.
const gitTimeout = 30 * time.Second

// GitError tells that there is a checkout but git did not read it: it belongs
// to another user, it is broken, or git took too long.
type GitError struct {
	Dir     string
	Command string // as it was run, without options that say where
	Output  string // what git said about it, one line
	Err     error
}

func (e *GitError) Error() string {
	if e.Output == "" {
		return fmt.Sprintf("git %s in %s: %v", e.Command, e.Dir, e.Err)
	}
	return fmt.Sprintf("git %s in %s: %v: %s", e.Command, e.Dir, e.Err, e.Output)
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *GitError) Unwrap() error { return e.Err }

// Hint is what to type next. Git refuses a checkout of another user because
// its configuration can name commands; we obey that rather than work round it.
func (e *GitError) Hint() string {
	if errors.Is(e.Err, context.DeadlineExceeded) {
		return "see what keeps git status busy in " + e.Dir
	}
	return "run git status in " + e.Dir + "; if it belongs to another user: git config --global --add safe.directory " + e.Dir
}

type gitRunner struct{ dir string }

// git runs one command and gives its standard output. When ctx has ended, that
// is the error, and git is not to blame.
func (r gitRunner) git(ctx context.Context, args ...string) (string, error) {
	limited, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	// A file system monitor would be a daemon that outlives us.
	cmd := exec.CommandContext(limited, "git", append([]string{"-C", r.dir, "-c", "core.fsmonitor=false"}, args...)...)
	cmd.Env = gitEnv(os.Environ())
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err == nil {
		return stdout.String(), nil
	}
	if ctx.Err() != nil {
		return "", fmt.Errorf("git %s in %s: %w", args[0], r.dir, ctx.Err())
	}
	if limited.Err() != nil {
		err = fmt.Errorf("it took longer than %s: %w", gitTimeout, limited.Err())
	}
	return "", &GitError{Dir: r.dir, Command: args[0], Output: complaint(stderr.String()), Err: err}
}

// missing tells whether err means that there is no git to run.
func (r gitRunner) missing(err error) bool { return errors.Is(err, exec.ErrNotFound) }

// gitEnv is the environment without what a git hook sets to point at its own
// repository (git rev-parse --local-env-vars), and with what keeps git from
// writing to the checkout, asking for passwords and fetching.
func gitEnv(environ []string) []string {
	local := []string{
		"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE",
		"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE",
	}
	kept := slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(local, name)
	})
	return append(kept, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1",
		"GIT_DISCOVERY_ACROSS_FILESYSTEM=1", // a checkout may be mounted in part
		"LC_ALL=C")
}

// complaint is the first "fatal:" or "error:" line of git's standard error, or
// its first line.
func complaint(stderr string) string {
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	for _, line := range lines {
		if strings.HasPrefix(line, "fatal:") || strings.HasPrefix(line, "error:") {
			return line
		}
	}
	return lines[0]
}
