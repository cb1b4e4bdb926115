package main

import (
	"io"
	"testing"

	"github.com/retort-ci/retort/cmd/retort/early"
)

// Commands that begin early are commands, which have the flag for the engine.
func TestEarlyCommands(t *testing.T) {
	t.Parallel()
	app := newApp(io.Discard, io.Discard, nil)
	for _, name := range early.Commands() {
		command := app.Command(name)
		if command == nil {
			t.Errorf("there is no command %s", name)
			continue
		}
		if !takesValue("--engine", command.Flags) {
			t.Errorf("command %s has no flag for the engine", name)
		}
	}
}
