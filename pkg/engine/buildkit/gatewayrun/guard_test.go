package gatewayrun

import (
	"errors"
	"io"
	"testing"
)

// What comes before Start has returned is kept for a listener that takes nothing
// until then, and comes first.
func TestNobodyListensYet(t *testing.T) {
	t.Parallel()
	read, write := io.Pipe()
	g := &guard{out: write}
	for _, text := range []string{"re", "ady\n"} {
		if n, err := g.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("write gave %d, %v", n, err)
		}
	}
	g.listen()
	go func() {
		_, _ = g.Write([]byte("more"))
		_ = write.CloseWithError(g.failed())
	}()
	if got, err := io.ReadAll(read); string(got) != "ready\nmore" || err != nil {
		t.Errorf("it heard %q, %v", got, err)
	}
}

type failing struct{}

// Write panics.
func (f failing) Write([]byte) (int, error) { panic("no") }

// A listener that panics or fails with what was kept for it stops nothing.
func TestListenerFailsLate(t *testing.T) {
	t.Parallel()
	read, write := io.Pipe()
	_ = read.CloseWithError(errors.New("gone"))
	for name, out := range map[string]io.Writer{"panic": failing{}, "error": write} {
		g := &guard{out: out}
		_, _ = g.Write([]byte("early"))
		g.listen()
		if n, err := g.Write([]byte("late")); n != 4 || err != nil {
			t.Errorf("%s: write gave %d, %v", name, n, err)
		}
		if g.failed() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
