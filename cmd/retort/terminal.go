package main

import (
	"io"
	"os"

	"github.com/moby/term"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/mask"
)

// newUI shows progress on stderr as the flag says. Only a terminal is
// decorated; the content is the same everywhere.
func newUI(stderr io.Writer, progress string, secrets *mask.Set, getenv func(string) string) (*ui.UI, error) {
	fd, isTerminal := uintptr(0), false
	if f, ok := stderr.(*os.File); ok {
		fd, isTerminal = f.Fd(), term.IsTerminal(f.Fd())
	}
	opts := ui.Options{
		Secrets: secrets,
		Color:   isTerminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb",
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
