package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

func (s *suite) testVolumes(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"shared":       s.volumeShared,
		"in use":       s.volumeInUse,
		"taken name":   s.volumeTaken,
		"cancelled":    s.volumeCancelled,
		"without name": s.volumeUnnamed,
		"begins":       s.volumeBegins,
	})
}

// volume makes one that is removed with the test, after its containers.
func (s *suite) volume(t *testing.T, name string) engine.Volume {
	t.Helper()
	v, err := need[engine.Volumer](t, s).CreateVolume(t.Context(), s.volumeSpec(name))
	if err != nil {
		t.Fatalf("create volume: %v", err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := v.Remove(context.WithoutCancel(t.Context())); err != nil {
				t.Errorf("remove volume: %v", err)
			}
		}
	})
	return v
}

func (s *suite) volumeSpec(name string) engine.VolumeSpec {
	return engine.VolumeSpec{Name: "retort-enginetest-" + s.owner.Run + "-" + name, Labels: s.owner.Labels()}
}

// What one container writes into a volume another one finds there, after the
// first has been removed too.
func (s *suite) volumeShared(t *testing.T) {
	v := s.volume(t, "shared")
	mounts := func(readOnly bool) []engine.Mount {
		return []engine.Mount{{Volume: v.Name(), Path: "/data", ReadOnly: readOnly}}
	}
	writer := s.start(t, engine.ContainerSpec{Image: s.image, Mounts: mounts(false), Cmd: []string{"write", "/data/a", "shared"}})
	if code, err := writer.Wait(t.Context()); code != 0 || err != nil {
		t.Fatalf("the writer ended with %d, %v", code, err)
	}
	if err := writer.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := s.runSpec(t, engine.ContainerSpec{
		Image: s.image, Mounts: mounts(true), Cmd: []string{"cat", "/data/a", ";", "write", "/data/b", "x"},
	})
	if got.stdout != "shared" || got.code != 1 {
		t.Errorf("read %q and ended with %d, %q; want the write refused", got.stdout, got.code, got.stderr)
	}
}

func (s *suite) volumeInUse(t *testing.T) {
	v := s.volume(t, "used")
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}, Mounts: []engine.Mount{{Volume: v.Name(), Path: "/data"}}})
	if err := v.Remove(t.Context()); err == nil {
		t.Error("a volume was removed that a container uses")
	}
	if err := c.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := v.Remove(t.Context()); err != nil {
		t.Errorf("remove volume: %v", err)
	}
}

// A volume that is there already is another's: it is neither given nor removed.
func (s *suite) volumeTaken(t *testing.T) {
	v := s.volume(t, "taken")
	if _, err := need[engine.Volumer](t, s).CreateVolume(t.Context(), s.volumeSpec("taken")); err == nil {
		t.Error("a second volume took the name")
	}
	if v.Name() != s.volumeSpec("taken").Name {
		t.Errorf("its name is %s", v.Name())
	}
}

// The final test finds what was given up at any moment.
func (s *suite) volumeCancelled(t *testing.T) {
	volumer := need[engine.Volumer](t, s)
	for i := range 6 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*2*time.Millisecond)
		v, err := volumer.CreateVolume(ctx, s.volumeSpec(fmt.Sprintf("cancel-%d", i)))
		if err == nil {
			err = v.Remove(t.Context())
		} else if errors.Is(err, context.DeadlineExceeded) {
			err = nil
		}
		if err != nil {
			t.Error(err)
		}
		cancel()
	}
}

func (s *suite) volumeUnnamed(t *testing.T) {
	v, err := need[engine.Volumer](t, s).CreateVolume(t.Context(), engine.VolumeSpec{Labels: s.owner.Labels()})
	if err != nil {
		t.Fatal(err)
	}
	if v.Name() == "" {
		t.Error("the engine gave the volume no name")
	}
	if err := v.Remove(t.Context()); err != nil {
		t.Error(err)
	}
}

// A volume begins with the mode of the image's directory that it lies over, and
// with what is in there; an engine that cannot copy that refuses it.
func (s *suite) volumeBegins(t *testing.T) {
	image := s.build(t, s.spec(t, fromProbe+`RUN ["/probe","mkdir","/sticky","1777",";","mkdir","/group","2775"]
COPY file /full/file
`, map[string]string{"file": "of the image"})).ID
	for path, want := range map[string]string{"/sticky": "dtrwxrwxrwx 0 0\n", "/group": "dgrwxrwxr-x 0 0\n"} {
		v := s.volume(t, "begins"+path[1:])
		got := s.runSpec(t, engine.ContainerSpec{Image: image, Mounts: []engine.Mount{{Volume: v.Name(), Path: path}}, Cmd: []string{"stat", path}})
		if got.stdout != want {
			t.Errorf("%s is %q, want %q", path, got.stdout, want)
		}
	}
	v := s.volume(t, "begins-full")
	var out bytes.Buffer
	c, err := need[engine.Runner](t, s).Start(t.Context(), engine.ContainerSpec{
		Image: image, Labels: s.owner.Labels(), Mounts: []engine.Mount{{Volume: v.Name(), Path: "/full"}},
		Cmd: []string{"cat", "/full/file"}, Stdout: &out,
	})
	if errors.Is(err, engine.ErrUnsupported) {
		wantSide(t, err, fault.Usage)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Wait(t.Context()); err != nil || out.String() != "of the image" {
		t.Errorf("the volume's file holds %q, %v", out.String(), err)
	}
	if err := c.Remove(t.Context()); err != nil {
		t.Error(err)
	}
}
