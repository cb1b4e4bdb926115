package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
)

// handover is what a command leaves to the steps of a CI behind it, besides its
// result.
type handover struct {
	title  string // of the summary
	images []delivered
	header []string // of the summary's table; none: there is no summary
	rows   [][]string
	note   string // below it
}

// handOver writes it where the flags and the CI want it.
func (s *session) handOver(h handover) error {
	outputs, left := outputsOf(h.images)
	for _, name := range left {
		s.ui.Emit(progress.Event{Kind: progress.Warning, Text: "output " + name + " is left out: it would be that of two services"})
	}
	for _, to := range []struct {
		path  string
		more  bool // of a file that has other things too
		text  string
		named string
	}{
		{os.Getenv("GITHUB_OUTPUT"), true, githubOutput(h.images, outputs), "GITHUB_OUTPUT"},
		{os.Getenv("GITHUB_STEP_SUMMARY"), true, s.secrets.Text(h.markdown()), "GITHUB_STEP_SUMMARY"},
		{s.cli.String("dotenv"), false, dotenv(outputs), "--dotenv"},
		{s.cli.String("properties"), false, properties(outputs), "--properties"},
	} {
		if to.path == "" || to.more && to.text == "" {
			continue
		}
		if err := writeTo(to.path, to.more, to.text); err != nil {
			return fault.Wrap(fault.Usage, fmt.Errorf("hand over to the CI: %w", err), to.named+" must name a file that can be written")
		}
	}
	return nil
}

// writeTo writes a file, or more of one.
func writeTo(path string, more bool, text string) error {
	how := os.O_TRUNC
	if more {
		how = os.O_APPEND
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|how, 0o666)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// writable refuses files that the command could not write at its end, before it
// does what cannot be undone.
func (s *session) writable() error {
	for _, flag := range []string{"result-file", "dotenv", "properties"} {
		path := s.cli.String(flag)
		if path == "" {
			continue
		}
		dir := filepath.Dir(path)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fault.New(fault.Usage, "mkdir -p "+dir, "--%s %s: there is no directory %s", flag, path, dir)
		}
	}
	return nil
}
