package gatewayrun_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// childAddress tells a test that was executed again that it is the run that dies.
const childAddress = "RETORT_GATEWAYRUN_ADDRESS"

// A run that is killed leaves a volume that Sweep finds, and nothing else.
func TestKilledRunLeavesNothing(t *testing.T) {
	if at := os.Getenv(childAddress); at != "" {
		liveAsChild(t, at)
	}
	d := buildkitdtest.Start(t, buildkitdtest.Options{Bridge: true})
	i := connect(t, d)
	word := rand.Text()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), childAddress+"="+d.Address, "RETORT_GATEWAYRUN_WORD="+word)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
		t.Log(lines.Text())
	}
	if len(probe.Processes(word+"\x00")) != 4 || len(executing(d)) == 0 || len(groups(d)) != 2 {
		t.Fatalf("before: %v, %v, %v; want two containers of two processes", probe.Processes(word+"\x00"), executing(d), groups(d))
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	soon(t, "processes", func() []string { return probe.Processes(word + "\x00") })
	soon(t, "mounts", func() []string { return executing(d) })
	soon(t, "control groups", func() []string { return groups(d) })

	soon(t, "volumes", func() []string {
		if _, err := i.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		return caches(t, i)
	})
}

// caches are the volumes that the daemon has.
func caches(t *testing.T, i *images) []string {
	t.Helper()
	records, err := i.conn.DiskUsage(t.Context(), client.WithFilter([]string{"type==exec.cachemount"}))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range records {
		all = append(all, r.Description)
	}
	return all
}

// liveAsChild has a service, a suite and a volume until it is killed.
func liveAsChild(t *testing.T, at string) {
	conn, err := client.New(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	i := newImages(conn)
	labels := owner.Self(time.Hour).Labels()
	v, err := i.CreateVolume(t.Context(), engine.VolumeSpec{Name: "data", Labels: labels})
	if err != nil {
		t.Fatal(err)
	}
	n, err := i.CreateNetwork(t.Context(), engine.NetworkSpec{})
	if err != nil {
		t.Fatal(err)
	}
	image := probe.Image(t, i, nil)
	for _, name := range []string{"service", "suite"} {
		_, err := i.Start(t.Context(), engine.ContainerSpec{
			Image: image, Name: name, Network: n.ID(), Aliases: []string{name}, Labels: labels,
			Mounts: []engine.Mount{{Volume: v.Name(), Path: "/data"}},
			Cmd:    []string{"hang", os.Getenv("RETORT_GATEWAYRUN_WORD")},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stdout.WriteString("ready\n"); err != nil {
		t.Fatal(err)
	}
	select {}
}

// A volume goes with what is in it, and what others cache stays.
func TestVolumeIsRemovedFromTheDaemon(t *testing.T) {
	i := connect(t, buildkitdtest.Start(t, buildkitdtest.Options{}))
	var volumes []engine.Volume
	for _, name := range []string{"one", "other"} {
		v, err := i.CreateVolume(t.Context(), engine.VolumeSpec{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		volumes = append(volumes, v)
		if code, out := i.runOnce(t, engine.ContainerSpec{
			Cmd: []string{"write", "/data/a", "x"}, Mounts: []engine.Mount{{Volume: v.Name(), Path: "/data"}},
		}); code != 0 {
			t.Fatal(out)
		}
	}
	if got := caches(t, i); len(got) != 2 {
		t.Fatalf("the daemon has %q, want two volumes", got)
	}
	if err := volumes[0].Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := caches(t, i); len(got) != 1 || !strings.Contains(got[0], "name=other") {
		t.Errorf("the daemon has %q, want the other one", got)
	}
}

// runOnce runs the probe in a container that is removed at once.
func (i *images) runOnce(t *testing.T, spec engine.ContainerSpec) (int, string) {
	t.Helper()
	spec.Image = probe.Image(t, i, nil)
	var out strings.Builder
	spec.Stdout, spec.Stderr = nil, &out
	c, err := i.Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	code, err := c.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	return code, out.String()
}

// A daemon that goes away is told, and never taken for a suite that passed.
func TestDaemonIsLost(t *testing.T) {
	d := buildkitdtest.Start(t, buildkitdtest.Options{})
	i := connect(t, d)
	image := probe.Image(t, i, nil)
	c, err := i.Start(t.Context(), engine.ContainerSpec{Image: image, Cmd: []string{"hang"}})
	if err != nil {
		t.Fatal(err)
	}
	d.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	code, err := c.Wait(ctx)
	if fault.SideOf(err) != fault.Infrastructure || fault.HintOf(err) == "" || strings.Contains(err.Error(), "%!") {
		t.Errorf("wait gave %d, %v (%v); want the daemon away", code, err, fault.SideOf(err))
	}
	if h, err := c.(engine.HealthChecker).Health(ctx, []string{"/probe"}); err == nil || h.Healthy {
		t.Errorf("health is %+v, %v", h, err)
	}
	if err := c.Remove(ctx); err != nil {
		t.Errorf("remove what is gone: %v", err)
	}
	if _, err := i.Start(ctx, engine.ContainerSpec{Image: image}); fault.SideOf(err) != fault.Infrastructure {
		t.Errorf("start gave %v", err)
	}
}

// A daemon that hangs holds nobody beyond the limit that was given.
func TestDaemonHangs(t *testing.T) {
	d := buildkitdtest.Start(t, buildkitdtest.Options{})
	c := connect(t, d).start(t, engine.ContainerSpec{Cmd: []string{"hang"}})
	d.Stop(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := c.(engine.HealthChecker).Health(ctx, []string{"/probe", "exit", "0"})
		ended <- err
	}()
	select {
	case err := <-ended:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("health gave %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("health still waits for a daemon that hangs")
	}
}

// A container that nobody has time to wait for gives back what it had, and ends.
func TestRemoveWithoutTime(t *testing.T) {
	i := connect(t, buildkitdtest.Start(t, buildkitdtest.Options{Bridge: true}))
	n, err := i.CreateNetwork(t.Context(), engine.NetworkSpec{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := i.CreateVolume(t.Context(), engine.VolumeSpec{})
	if err != nil {
		t.Fatal(err)
	}
	word := rand.Text()
	spec := engine.ContainerSpec{
		Name: "one", Network: n.ID(), Mounts: []engine.Mount{{Volume: v.Name(), Path: "/data"}}, Cmd: []string{"hang", word},
	}
	c := i.start(t, spec)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Remove(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("remove gave %v", err)
	}
	if err := n.Remove(t.Context()); err != nil {
		t.Error(err)
	}
	soon(t, "processes", func() []string { return probe.Processes(word + "\x00") })
	if err := v.Remove(t.Context()); err != nil {
		t.Error(err)
	}
	spec.Network, spec.Mounts = "", nil
	i.start(t, spec)
}

// Removing a container ends what its command has started, also in other groups.
func TestWholeTreeEnds(t *testing.T) {
	i := connect(t, buildkitdtest.Start(t, buildkitdtest.Options{}))
	word := rand.Text()
	for _, init := range []bool{false, true} {
		c := i.start(t, engine.ContainerSpec{Init: init, Cmd: []string{"hang", word}})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if _, err := c.(engine.HealthChecker).Health(ctx, []string{"/probe", "hang", word}); err == nil {
			t.Error("a probe that hangs ended")
		}
		cancel()
		soon(t, "a probe that hangs is left", func() []string {
			if all := probe.Processes(word + "\x00"); len(all) > 2 {
				return all
			}
			return nil
		})
		if err := c.(engine.Killer).Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
		if code, err := c.Wait(t.Context()); code != 137 || err != nil {
			t.Errorf("init %v: wait gave %d, %v", init, code, err)
		}
		soon(t, "processes of a killed container", func() []string { return probe.Processes(word + "\x00") })
	}
}
