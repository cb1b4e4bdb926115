//go:build linux

package containers_test

import (
	"crypto/rand"
	"io"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// The end of a container is that of all it has started, in sessions of their own
// too. Nothing is waited for: the kernel tells of the first process's end when the
// others have ended.
func TestWholeTreeEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, end := range map[string]func(container) error{
		"kill":   func(c container) error { return c.Kill(t.Context()) },
		"remove": func(c container) error { return c.Remove(t.Context()) },
	} {
		for _, init := range []bool{false, true} {
			word := rand.Text()
			begun, stdout := io.Pipe()
			c := b.start(t, engine.ContainerSpec{Init: init, Stdout: stdout, Cmd: []string{
				"daemon", "hang", word, ";", "daemon", "hang", word, ";", "echo", "begun", ";", "hang", word,
			}})
			if _, err := io.ReadFull(begun, make([]byte, len("begun\n"))); err != nil {
				t.Fatal(err)
			}
			if h, err := c.Health(t.Context(), []string{"/probe", "daemon", "hang", word}); err != nil || !h.Healthy {
				t.Errorf("%+v, %v", h, err)
			}
			if all := probe.Processes(word); len(all) < 4 {
				t.Errorf("before the %s there are %q, want the command, two daemons of its and a probe's", name, all)
			}
			if err := end(c); err != nil {
				t.Fatal(err)
			}
			if left := probe.Processes(word); len(left) > 0 {
				t.Errorf("init %v: after the %s there are %q", init, name, left)
			}
		}
	}
}
