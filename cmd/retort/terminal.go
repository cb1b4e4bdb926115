package main

import (
	"io"
	"os"

	"github.com/moby/term"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/mask"
)

// newUI shows progress on stderr as the flags say. Only a terminal is
// decorated, and a CI's log where it folds; the content is the same everywhere.
func newUI(stderr io.Writer, progress, logLimit string, secrets *mask.Set, getenv func(string) string) (*ui.UI, error) {
	fd, isTerminal := uintptr(0), false
	if f, ok := stderr.(*os.File); ok {
		fd, isTerminal = f.Fd(), term.IsTerminal(f.Fd())
	}
	limit, err := logLimitOf(logLimit, isTerminal)
	if err != nil {
		return nil, err
	}
	opts := ui.Options{
		Secrets: secrets, LogLimit: limit,
		Color: isTerminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb",
		Size: func() (int, int) {
			size, err := term.GetWinsize(fd)
			if err != nil {
				return 0, 0
			}
			return int(size.Width), int(size.Height)
		},
	}
	switch progress {
	case "", "auto":
		if isTerminal && getenv("CI") == "" && getenv("TERM") != "dumb" {
			return ui.New(stderr, ui.TTY, opts), nil
		}
		opts.Folds = folds(getenv)
		return ui.New(stderr, ui.Plain, opts), nil
	case "tty":
		return ui.New(stderr, ui.TTY, opts), nil
	case "plain":
		return ui.New(stderr, ui.Plain, opts), nil
	case "quiet":
		return ui.New(stderr, ui.Quiet, opts), nil
	}
	return nil, fault.New(fault.Usage, "--progress auto, plain, tty or quiet", "unknown progress mode %q", progress)
}

// folds are those of the CI that this runs in, if it folds logs.
func folds(getenv func(string) string) ui.Folds {
	switch ci.Detect(getenv).System {
	case ci.GitHub:
		return ui.GitHub{}
	case ci.GitLab:
		return ui.GitLab{}
	case ci.Travis:
		return ui.Travis{}
	case ci.None, ci.Jenkins, ci.Drone, ci.Woodpecker:
	}
	return nil
}
