package embedded_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/internal/outside"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// census is who and what there is on this machine, as far as it can be ours.
type census struct{ processes, mounts, networks, cgroups []string }

// count takes it. Namespaces are seen by who is in them.
func count(t *testing.T, state string) (c census) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		line, err := os.ReadFile(dir + "/cmdline")
		if err != nil || len(line) == 0 {
			continue // it has ended; who is a zombie waits for this process 1, which waits for its own children alone
		}
		c.processes = append(c.processes, filepath.Base(dir)+" "+strings.ReplaceAll(string(line), "\x00", " "))
		if ns, err := os.Readlink(dir + "/ns/net"); err == nil {
			c.networks = append(c.networks, ns)
		}
	}
	for _, root := range []string{"/sys/fs/cgroup/*", "/sys/fs/cgroup"} { // of version 1, and of version 2
		groups, err := filepath.Glob(root + "/retort-" + strings.Repeat("[0-9a-f]", 12))
		if err != nil {
			t.Fatal(err)
		}
		c.cgroups = append(c.cgroups, slices.DeleteFunc(groups, othersOwn)...)
	}
	slices.Sort(c.networks)
	c.networks = slices.Compact(c.networks)
	// Of this process's namespace, and of the one that waits for it.
	first := outside.Self()
	for _, table := range []string{"/proc/self/mountinfo", filepath.Join(first.Proc, itoa(first.PID), "mountinfo")} {
		text, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, state) || strings.Contains(line, "buildkit-mount") {
				c.mounts = append(c.mounts, line)
			}
		}
	}
	return c
}

// othersOwn is true of what another user has made.
func othersOwn(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return true // it is gone
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) != os.Geteuid()
}

// A killed process takes everything with it but files, and those go when its slot
// is used again. Nothing else runs meanwhile: the test is not parallel.
func TestKilled(t *testing.T) {
	for name, begin := range map[string]func(t *testing.T, state string) *actor{
		"RUN": killedRun, "pull": killedPull, "export": killedExport, "push": killedPush, "containers": killedContainers,
	} {
		t.Run(name, func(t *testing.T) {
			state := filepath.Join(t.TempDir(), "state")
			before := count(t, state)
			a := begin(t, state)
			if during := count(t, state); len(during.processes) < len(before.processes)+2 {
				t.Errorf("while it runs there are %q", during.processes)
			}
			if err := a.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = a.end()
			after := count(t, state)
			for len(after.processes) > len(before.processes) && t.Context().Err() == nil {
				runtime.Gosched() // the kernel ends them one by one
				after = count(t, state)
			}
			givenBack(t, filepath.Join(state, "slots", "0", "lock"))
			if !slices.Equal(after.networks, before.networks) || len(after.mounts) > 0 {
				t.Errorf("left: mounts %q, network namespaces %q of %q", after.mounts, after.networks, before.networks)
			}
			nothingAfterNextStart(t, state)
			if end := count(t, state); len(end.cgroups) > len(before.cgroups) {
				t.Errorf("cgroups are %q, before they were %q", end.cgroups, before.cgroups)
			}
		})
	}
}

// givenBack waits for a killed process's lock. The kernel takes away its command line
// before it closes its files, and closes them when its last thread has ended.
func givenBack(t *testing.T, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	lock := flock.New(path)
	if _, err := lock.TryLockContext(ctx, time.Millisecond); err != nil {
		t.Fatalf("the lock of the dead process's slot: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
}

// nothingAfterNextStart works in the dead process's slot.
func nothingAfterNextStart(t *testing.T, state string) {
	t.Helper()
	t.Run("next", func(t *testing.T) {
		e := open(t, embedded.Options{StateDir: state})
		probe.Image(t, e, nil)
		what, err := e.Describe(t.Context())
		if err != nil || !strings.HasSuffix(what, "/slots/0") {
			t.Errorf("it works in %q, %v", what, err)
		}
		if _, err := e.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	})
	for _, pattern := range []string{"slots/0/*/executor/*/rootfs", "slots/0/mounts/*", "slots/0/*/cachemounts/*", "run/*/*"} {
		if left, err := filepath.Glob(filepath.Join(state, pattern)); err != nil || len(left) > 0 {
			t.Errorf("left: %q, %v", left, err)
		}
	}
}

func killedRun(t *testing.T, state string) *actor {
	t.Helper()
	a := start(t, "build", probe.Context(t, probe.Dockerfile+
		`RUN --network=none ["/probe","daemon","hang",";","echo","begun",";","hang"]`+"\n", nil), state)
	a.until(t, "begun")
	return a
}

func killedContainers(t *testing.T, state string) *actor {
	t.Helper()
	a := start(t, "containers", probe.Context(t, probe.Dockerfile, nil), state)
	a.until(t, "begun")
	return a
}

func killedExport(t *testing.T, state string) *actor {
	t.Helper()
	a := start(t, "export", probe.Context(t, probe.Dockerfile, nil), state)
	a.until(t, "begun")
	return a
}

// killedPull is in the middle of a layer.
func killedPull(t *testing.T, state string) *actor {
	t.Helper()
	ref, asked := slowRegistry(t)
	a := start(t, "pull", ref, state)
	<-asked
	return a
}

// killedPush is in the middle of an upload.
func killedPush(t *testing.T, state string) *actor {
	t.Helper()
	asked := make(chan struct{}, 10)
	server := stalling(t, asked, func(r *http.Request) bool { return r.Method == http.MethodPatch || r.Method == http.MethodPut })
	a := start(t, "push", probe.Context(t, probe.Dockerfile, nil)+" "+server+"/slow/app", state)
	<-asked
	return a
}

// stalling is a registry that takes requests which it never answers.
func stalling(t *testing.T, asked chan struct{}, never func(*http.Request) bool) (host string) {
	t.Helper()
	next := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if never(r) {
			_, _ = io.Copy(io.Discard, r.Body) // that its end is noticed
			asked <- struct{}{}
			<-r.Context().Done()
			return
		}
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(server.CloseClientConnections)
	return strings.TrimPrefix(server.URL, "http://")
}

// slowRegistry has an image whose layers never end, and tells when one is asked for.
func slowRegistry(t *testing.T) (ref string, asked chan struct{}) {
	t.Helper()
	asked = make(chan struct{}, 10)
	host := stalling(t, asked, func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") && r.Header.Get("User-Agent") != "" &&
			!strings.Contains(r.Header.Get("User-Agent"), "go-containerregistry")
	})
	e := open(t, embedded.Options{})
	img, err := e.Export(t.Context(), probe.Image(t, e, nil), t.TempDir(), engine.ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return pushed(t, host+"/slow/app", img), asked
}
