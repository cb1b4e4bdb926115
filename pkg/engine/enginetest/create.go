package enginetest

import (
	"bytes"
	"io/fs"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

func (s *suite) testCreate(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"started later":   s.createdAndStarted,
		"never started":   s.createdOnly,
		"missing command": s.createdWithoutCommand,
		"missing image":   s.createdWithoutImage,
	})
}

// createdAndStarted wants the files in place and every line of output.
func (s *suite) createdAndStarted(t *testing.T) {
	creator := need[engine.Creator](t, s)
	created, err := creator.Create(t.Context(), engine.ContainerSpec{
		Image: s.image, Cmd: []string{"cat", "/etc/f", ";", "err", "no"}, Labels: s.owner.Labels(),
		Files: []engine.File{{Path: "/etc/f", Content: []byte("in time"), Mode: fs.FileMode(0o400)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	c, err := created.Start(t.Context(), &stdout, &stderr)
	if err != nil {
		t.Fatal(err)
	}
	if code, err := c.Wait(t.Context()); code != 0 || err != nil || stdout.String() != "in time" || stderr.String() != "no\n" {
		t.Errorf("exit code %d, %v, stdout %q, stderr %q", code, err, &stdout, &stderr)
	}
	for range 2 {
		if err := created.Remove(t.Context()); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	if err := c.Remove(t.Context()); err != nil {
		t.Errorf("remove what is gone: %v", err)
	}
}

// createdOnly is removed without having run; the suite's end looks whether it is.
func (s *suite) createdOnly(t *testing.T) {
	creator := need[engine.Creator](t, s)
	created, err := creator.Create(t.Context(), engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}, Labels: s.owner.Labels()})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := created.Remove(t.Context()); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
}

func (s *suite) createdWithoutCommand(t *testing.T) {
	creator := need[engine.Creator](t, s)
	created, err := creator.Create(t.Context(), engine.ContainerSpec{Image: s.image, Entrypoint: []string{"/none"}, Labels: s.owner.Labels()})
	if err != nil {
		wantErr(t, err, engine.ErrCommand)
		return
	}
	_, err = created.Start(t.Context(), nil, nil)
	wantErr(t, err, engine.ErrCommand)
	if err := created.Remove(t.Context()); err != nil {
		t.Errorf("remove: %v", err)
	}
}

func (s *suite) createdWithoutImage(t *testing.T) {
	_, err := need[engine.Creator](t, s).Create(t.Context(), engine.ContainerSpec{Image: "127.0.0.1:1/no/such:image", Labels: s.owner.Labels()})
	wantErr(t, err, engine.ErrImageNotFound)
}
