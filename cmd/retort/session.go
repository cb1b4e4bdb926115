package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/retort"
)

// session is one command at work: its terminal and what it opens.
type session struct {
	cli    *cli.Context
	engine retort.EngineChoice // of a command that works on one
	// cacheSize is what --cache-size says, in bytes, and 0 when it says nothing.
	cacheSize int64
	ui        *ui.UI
	secrets   *mask.Set
}

// action makes a command's action of a function over a session.
func action(run func(ctx context.Context, s *session) error) cli.ActionFunc {
	return func(c *cli.Context) error { return (&session{cli: c}).do(run) }
}

// do runs a command's function with what all of them have.
func (s *session) do(run func(ctx context.Context, s *session) error) error {
	c := s.cli
	if f := c.String("output"); f != "" && f != "text" && f != "json" {
		return fault.New(fault.Usage, "--output text or json", "unknown output format %q", f)
	}
	if err := s.writable(); err != nil {
		return err
	}
	s.secrets, _ = c.App.Metadata[secretsKey].(*mask.Set)
	s.secrets.Add(registrySecrets(os.Getenv)...)
	var err error
	if s.ui, err = newUI(c.App.ErrWriter, c.String("progress"), c.String("log-limit"), s.secrets, os.Getenv); err != nil {
		return err
	}
	defer func() { _ = s.ui.Close() }()
	return run(c.Context, s)
}

// options are what the common flags say.
func (s *session) options() retort.Options {
	return retort.Options{
		Dir:         s.cli.String("C"),
		Files:       s.cli.StringSlice("f"),
		Engine:      cmp.Or(s.engine.Name, s.cli.String("engine")),
		EngineWhy:   s.engine.Why,
		Embedded:    s.embedded(),
		StateDir:    s.cli.String("state-dir"),
		StateSize:   s.cacheSize,
		Mirror:      s.cli.String("mirror"),
		PlainHTTP:   s.cli.StringSlice("plain-http"),
		RetryFor:    s.cli.Duration("retry-for"),
		Compression: s.cli.String("compression"),
		Version:     versionOf(),
		OnSecret:    func(secret string) { s.secrets.Add(secret) },
		Progress:    s.ui,
	}
}

// project opens the project and gives the function that closes it.
func (s *session) project(ctx context.Context, opts retort.Options) (*retort.Pipeline, func(), error) {
	p, err := retort.Open(ctx, opts)
	if err != nil {
		return nil, nil, err
	}
	s.secrets.Add(p.Secrets()...)
	return p, func() { _ = p.Close() }, nil
}

// args are the command's arguments, up to "--".
func (s *session) args() []string { return s.cli.Args().Slice() }

// noArgs refuses arguments, for commands that take flags alone.
func noArgs(c *cli.Context) error {
	if c.Args().Present() {
		return fault.New(fault.Usage, c.Command.HelpName+" --help", "%s takes no arguments, and %q is one", c.Command.HelpName, c.Args().First())
	}
	return nil
}

// result writes what the command is for: text makes the lines for people and
// scripts, doc is the same as one JSON document. What cannot be written is an
// error: no script shall take half a result for the whole.
func (s *session) result(doc any, text func(w *strings.Builder)) error {
	// The live area is gone before the result stands.
	if err := s.ui.Close(); err != nil {
		return fmt.Errorf("show progress: %w", err)
	}
	if path := s.cli.String("result-file"); path != "" {
		if err := writeJSONFile(path, doc); err != nil {
			return fault.Wrap(fault.Usage, fmt.Errorf("write the result file: %w", err), "--result-file names a file in a directory that exists")
		}
	}
	if s.cli.String("output") == "json" {
		return writeJSON(s.cli.App.Writer, doc)
	}
	var lines strings.Builder
	text(&lines)
	if _, err := io.WriteString(s.cli.App.Writer, lines.String()); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

func writeJSON(w io.Writer, doc any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}

func writeJSONFile(path string, doc any) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := writeJSON(f, doc); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
