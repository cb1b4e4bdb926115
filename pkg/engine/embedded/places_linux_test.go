package embedded_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// tmpfs mounts one for the test.
func tmpfs(t *testing.T, flags uintptr, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", flags, "size="+size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// refused wants a state directory to be refused, with a way out, and to stay as it is.
func refused(t *testing.T, state, why string) {
	t.Helper()
	e := open(t, embedded.Options{StateDir: state})
	_, err := e.Describe(t.Context())
	if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), state) ||
		!strings.Contains(err.Error()+fault.HintOf(err), why) || !strings.Contains(fault.HintOf(err), "--state-dir") {
		t.Errorf("error is %v (%s)", err, fault.HintOf(err))
	}
}

func TestReadOnlyStateDirectory(t *testing.T) {
	t.Parallel()
	refused(t, filepath.Join(tmpfs(t, unix.MS_RDONLY, "1m"), "state"), "read-only")
}

func TestFullStateDirectory(t *testing.T) {
	t.Parallel()
	dir := tmpfs(t, 0, "64k")
	if err := os.WriteFile(filepath.Join(dir, "big"), make([]byte, 64<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, filepath.Join(dir, "state"), "full")
}

func TestStateDirectoryOfNewerRetort(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	if err := os.WriteFile(filepath.Join(state, "format"), []byte("99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, state, "newer")
	if entries, err := os.ReadDir(state); err != nil || len(entries) != 1 {
		t.Errorf("it was touched: %v, %v", entries, err)
	}
}

// Neither a build nor a network, for which no slot is opened, begins among the files
// of others.
func TestStateDirectoryOfOthers(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	theirs := filepath.Join(state, "run", "other", "file")
	if err := errors.Join(os.MkdirAll(filepath.Dir(theirs), 0o700), os.WriteFile(theirs, nil, 0o600),
		os.WriteFile(filepath.Join(state, "run", "other.lock"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	refused(t, state, "no state directory of retort")
	e := open(t, embedded.Options{StateDir: state})
	if _, err := e.CreateNetwork(t.Context(), engine.NetworkSpec{}); fault.SideOf(err) != fault.Infrastructure || !strings.Contains(fault.HintOf(err), "--state-dir") {
		t.Errorf("error is %v (%s)", err, fault.HintOf(err))
	}
	if _, err := os.Stat(theirs); err != nil {
		t.Error(err)
	}
}

func TestStateDirectoryIsFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, file, "name a directory")
}

// A RUN that fills the disk fails, and the next build has its room again.
func TestRunFillsTheDisk(t *testing.T) {
	t.Parallel()
	e := open(t, embedded.Options{StateDir: filepath.Join(tmpfs(t, 0, "64m"), "state")})
	_, err := e.Build(t.Context(), engine.BuildSpec{
		Context: probe.Context(t, probe.Dockerfile+`RUN ["/probe","fill","/full"]`+"\n", nil),
	})
	if fault.SideOf(err) != fault.Usage || !strings.Contains(strings.Join(fault.DetailOf(err), "\n"), "no space left on device") {
		t.Errorf("error is %v, with %q", err, fault.DetailOf(err))
	}
	for _, content := range []string{"a", "b"} {
		built, err := e.Build(t.Context(), engine.BuildSpec{
			Context: probe.Context(t, probe.Dockerfile+"COPY f /f\nRUN [\"/probe\",\"cat\",\"/f\"]\n", map[string]string{"f": content}),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.InspectImage(t.Context(), built.ID); err != nil {
			t.Error(err)
		}
	}
}

// What a RUN starts and does not wait for ends with it.
func TestRunLeavesNoDaemon(t *testing.T) {
	e := open(t, embedded.Options{})
	before := count(t, "nowhere")
	_, err := e.Build(t.Context(), engine.BuildSpec{
		Context: probe.Context(t, probe.Dockerfile+`RUN ["/probe","daemon","hang",";","daemon","hang",";","echo","done"]`+"\n", nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, process := range count(t, "nowhere").processes {
		if strings.Contains(process, "probe") {
			t.Errorf("%s is left; before there were %q", process, before.processes)
		}
	}
}
