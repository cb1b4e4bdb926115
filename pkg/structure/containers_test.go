package structure_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/structure"
)

// fakeEngine starts containers that end with a code, or never.
type fakeEngine struct {
	spec    engine.ContainerSpec
	code    int
	hangs   bool
	wait    error
	left    error // of the removal
	removed int
	alive   bool // whether the context of the removal had not ended
}

func (e *fakeEngine) Start(_ context.Context, spec engine.ContainerSpec) (engine.Container, error) {
	e.spec = spec
	return e, nil
}

func (e *fakeEngine) ID() string { return "fake" }

func (e *fakeEngine) Wait(ctx context.Context) (int, error) {
	if e.hangs {
		<-ctx.Done()
		return 0, context.Cause(ctx)
	}
	return e.code, e.wait
}

func (e *fakeEngine) Remove(ctx context.Context) error {
	e.removed++
	e.alive = ctx.Err() == nil
	return e.left
}

func TestContainersRun(t *testing.T) {
	cause := errors.New("interrupted")
	for _, tt := range []struct {
		name    string
		engine  fakeEngine
		timeout time.Duration
		cancel  bool
		code    int
		is      error
	}{
		{"an exit code", fakeEngine{code: 3}, 0, false, 3, nil},
		{"within its time", fakeEngine{code: 3}, time.Hour, false, 3, nil},
		{"the engine goes away", fakeEngine{wait: engine.ErrUnavailable}, time.Hour, false, 0, engine.ErrUnavailable},
		{"cancelled", fakeEngine{hangs: true}, time.Hour, true, 0, cause},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if tt.cancel {
				cancel(cause)
			}
			c := &structure.Containers{Engine: &tt.engine, Timeout: tt.timeout}
			code, err := c.Run(ctx, structure.Invocation{Args: []string{"x"}})
			if code != tt.code || !errors.Is(err, tt.is) {
				t.Errorf("got %d, %v", code, err)
			}
			if tt.engine.removed != 1 || !tt.engine.alive {
				t.Errorf("removed %d times, in time: %v", tt.engine.removed, tt.engine.alive)
			}
		})
	}
}

func TestContainersTimeout(t *testing.T) {
	e := &fakeEngine{hangs: true}
	_, err := (&structure.Containers{Engine: e, Timeout: time.Millisecond}).Run(t.Context(), structure.Invocation{Args: []string{"x"}})
	timeout, ok := errors.AsType[*structure.TimeoutError](err)
	if !ok || timeout.After != time.Millisecond || e.removed != 1 {
		t.Errorf("got %v, removed %d times", err, e.removed)
	}
}

// A container that stays is worse than any outcome of its test.
func TestContainersThatStay(t *testing.T) {
	for name, e := range map[string]*fakeEngine{
		"after its end":  {left: engine.ErrUnavailable},
		"after its time": {left: engine.ErrUnavailable, hangs: true},
	} {
		_, err := (&structure.Containers{Engine: e, Timeout: time.Millisecond}).Run(t.Context(), structure.Invocation{Args: []string{"x"}})
		if _, timeout := errors.AsType[*structure.TimeoutError](err); timeout || !errors.Is(err, engine.ErrUnavailable) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestContainersSpec(t *testing.T) {
	e := &fakeEngine{}
	c := &structure.Containers{Engine: e, Template: engine.ContainerSpec{
		Image: "sha256:1", User: "1000", Env: []string{"A=1"}, Network: "net", Aliases: []string{"a"}, CapDrop: []string{"ALL"},
	}}
	_, err := c.Run(t.Context(), structure.Invocation{
		Args: []string{"ls", "-l"}, Env: []string{"B=2"},
		Options: structure.RunOptions{User: "root", Privileged: true, CapAdd: []string{"CHOWN"}, Network: "none"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := e.spec
	if s.Image != "sha256:1" || !slices.Equal(s.Entrypoint, []string{"ls"}) || !slices.Equal(s.Cmd, []string{"-l"}) ||
		!slices.Equal(s.Env, []string{"A=1", "B=2"}) || s.User != "root" || !s.Privileged || s.Network != "none" || s.Aliases != nil ||
		!slices.Equal(s.CapAdd, []string{"CHOWN"}) || !slices.Equal(s.CapDrop, []string{"ALL"}) {
		t.Errorf("got %+v", s)
	}
	if !slices.Equal(c.Template.Env, []string{"A=1"}) || c.Template.User != "1000" {
		t.Errorf("the template has changed: %+v", c.Template)
	}
}
