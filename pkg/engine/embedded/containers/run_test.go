//go:build linux

package containers_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// The command is put together of image and spec as Docker does.
func TestCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	image := newImage(t)
	image.config.Config.Entrypoint = []string{"/probe", "echo"}
	image.config.Config.Cmd = []string{"of", "the", "image"}
	b.images["said"] = image
	for _, c := range []struct {
		entrypoint, cmd []string
		want            string
	}{
		{nil, nil, "of the image\n"},
		{nil, []string{"mine"}, "mine\n"},
		{[]string{"/probe", "echo", "alone"}, nil, "alone\n"},
		{[]string{"/probe", "echo"}, []string{"both"}, "both\n"},
		{[]string{}, []string{"/probe", "echo", "none"}, "none\n"},
		{[]string{"probe", "echo", "looked", "up"}, nil, "looked up\n"},
	} {
		got := b.run(t, engine.ContainerSpec{Image: "said", Entrypoint: c.entrypoint, Cmd: c.cmd, Env: []string{"PATH=/nowhere:/"}})
		if got.stdout != c.want {
			t.Errorf("entrypoint %q and command %q print %q, %q; want %q", c.entrypoint, c.cmd, got.stdout, got.stderr, c.want)
		}
	}
	image.config.Config.Entrypoint, image.config.Config.Cmd = nil, nil
	if _, err := b.Start(t.Context(), engine.ContainerSpec{Image: "said"}); fault.SideOf(err) != fault.Usage {
		t.Errorf("without any command: %v", err)
	}
}

// What cannot be executed is told from what cannot be run.
func TestUnstartable(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.images["probe"].put(t, "/text", "no program", 0o644)
	for _, entrypoint := range []string{"/missing", "missing", "/text", "/etc", "./probe/x"} {
		var stderr bytes.Buffer
		_, err := b.Start(t.Context(), engine.ContainerSpec{Image: "probe", Entrypoint: []string{entrypoint}, Stderr: &stderr})
		if !errors.Is(err, engine.ErrCommand) || !strings.Contains(err.Error(), entrypoint) || stderr.Len() > 0 {
			t.Errorf("%s: %v, printed %q", entrypoint, err, stderr.String())
		}
	}
}

func TestUser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	image := b.images["probe"]
	image.put(t, "/etc/passwd", "root:x:0:0::/root:/bin/sh\nshop:x:1001:1002::/home/shop:/bin/sh\n", 0o644)
	image.put(t, "/etc/group", "root:x:0:\nshop:x:1002:\nextra:x:1003:shop\n", 0o644)
	for user, want := range map[string]string{
		"": "0:0", "shop": "1001:1002", "shop:extra": "1001:1003", "1001": "1001:1002", "7": "7:0", "7:8": "7:8", "7:shop": "7:1002",
	} {
		if got := b.run(t, engine.ContainerSpec{User: user, Cmd: []string{"id"}}); strings.TrimSpace(got.stdout) != want {
			t.Errorf("user %q is %q %q, want %s", user, got.stdout, got.stderr, want)
		}
	}
	got := b.run(t, engine.ContainerSpec{User: "shop", Cmd: []string{"env", "HOME", ";", "cat", "/proc/self/status"}})
	if !strings.HasPrefix(got.stdout, "/home/shop\n") || !strings.Contains(got.stdout, "Groups:\t1003") {
		t.Errorf("home and groups of the user:\n%s", got.stdout)
	}
	for _, user := range []string{"nobody-known", "shop:nothing"} {
		_, err := b.Start(t.Context(), engine.ContainerSpec{Image: "probe", User: user})
		if fault.SideOf(err) != fault.Usage || !strings.Contains(err.Error(), user) {
			t.Errorf("user %q: %v", user, err)
		}
	}
}

// A spec that no container can be made of is refused, with a way out, and leaves
// nothing.
func TestRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, spec := range map[string]engine.ContainerSpec{
		"security option": {SecurityOpt: []string{"seccomp"}},
		"unknown option":  {SecurityOpt: []string{"confined=very"}},
		"seccomp profile": {SecurityOpt: []string{"seccomp={]"}},
		"capability":      {CapAdd: []string{"FLY"}},
		"dropped":         {CapDrop: []string{"FLY"}},
		"ulimit":          {Ulimits: []engine.Ulimit{{Name: "patience"}}},
		"stop signal":     {StopSignal: "SIGNONE"},
		"network":         {Network: "none-such"},
		"extra host":      {ExtraHosts: []string{"db"}},
		"gateway":         {ExtraHosts: []string{"host.docker.internal:host-gateway"}},
		"mount":           {Mounts: []engine.Mount{{Host: "/etc", Path: "data"}}},
		"mount on root":   {Mounts: []engine.Mount{{Host: "/etc", Path: "/"}}},
		"mount on a file": {Mounts: []engine.Mount{{Host: "/etc", Path: "/probe"}}},
		"working dir":     {WorkingDir: "/probe"},
	} {
		spec.Image = "probe"
		_, err := b.Start(t.Context(), spec)
		if fault.SideOf(err) != fault.Usage {
			t.Errorf("%s: %v; want a usage fault", name, err)
		}
	}
}

// Rights are Docker's own, whatever the case and prefix of their names.
func TestRights(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		spec engine.ContainerSpec
		want []string
	}{
		"as Docker": {engine.ContainerSpec{}, []string{"CapEff:\t00000000a80425fb", "CapAmb:\t0000000000000000", "Seccomp:\t2", "NoNewPrivs:\t1"}},
		"dropped":   {engine.ContainerSpec{CapDrop: []string{"cap_net_raw"}}, []string{"CapEff:\t00000000a80405fb"}},
		"added":     {engine.ContainerSpec{CapDrop: []string{"all"}, CapAdd: []string{"CAP_NET_BIND_SERVICE"}}, []string{"CapEff:\t0000000000000400"}},
		"no root":   {engine.ContainerSpec{User: "7"}, []string{"CapEff:\t0000000000000000"}},
		"privileged": {engine.ContainerSpec{Privileged: true}, []string{
			"Seccomp:\t0", "NoNewPrivs:\t0",
		}},
	} {
		c.spec.Cmd = []string{"cat", "/proc/self/status"}
		got := b.run(t, c.spec)
		for _, want := range c.want {
			if !strings.Contains(got.stdout, want+"\n") {
				t.Errorf("%s: no %q in\n%s%s", name, want, got.stdout, got.stderr)
			}
		}
	}
	if got := b.run(t, engine.ContainerSpec{Cmd: []string{"write", "/proc/sys/kernel/hostname", "x"}}); got.code == 0 {
		t.Error("/proc/sys can be written to")
	}
}

// A probe that hangs is killed in the container, too.
func TestProbeKilled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.start(t, engine.ContainerSpec{Cmd: []string{"hang"}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := c.Health(ctx, []string{"/probe", "write", "/begun", "x", ";", "hang"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if got := files(t, c, "/begun"); got["begun"] != "x" {
		t.Fatalf("the probe did not begin: %v", got)
	}
	// A container sees its own processes alone: its first one, and this probe.
	for pid := 2; pid < 20; pid++ {
		h, err := c.Health(t.Context(), []string{"/probe", "cat", fmt.Sprintf("/proc/%d/cmdline", pid)})
		if err != nil {
			t.Fatal(err)
		}
		if h.Healthy && strings.Contains(h.Output, "/begun") {
			t.Errorf("the probe is still there: %q", h.Output)
		}
	}
}

// An init program comes from the machine, and must need nothing of the image.
func TestInit(t *testing.T) {
	b := newBench(t)
	got := b.run(t, engine.ContainerSpec{Init: true, Cmd: []string{"cat", "/proc/1/cmdline", ";", "exit", "7"}})
	if got.code != 7 || !strings.HasPrefix(got.stdout, "/sbin/docker-init") {
		t.Errorf("%+v; want docker-init to hand on the exit code", got)
	}
	t.Setenv("PATH", t.TempDir())
	_, err := b.Start(t.Context(), engine.ContainerSpec{Image: "probe", Init: true})
	if fault.SideOf(err) != fault.Usage || fault.HintOf(err) == "" {
		t.Errorf("without an init program: %v", err)
	}
}

// What another container holds of a stream is not waited for.
func TestOutputHeldElsewhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var out bytes.Buffer
	c := b.start(t, engine.ContainerSpec{Stdout: &out, Cmd: []string{"echo", "before", ";", "serve", ":80"}})
	listens(t, c, "80")
	// One that has the stream, in no namespace of the container's.
	var held *os.File
	procs := groups(t, b.cgroup+"/*/"+c.ID()+"/cgroup.procs")
	if len(procs) == 0 {
		t.Skip("the container's processes cannot be found")
	}
	text, err := os.ReadFile(procs[0])
	if err == nil {
		held, err = os.OpenFile("/proc/"+strings.TrimSpace(string(text))+"/fd/1", os.O_WRONLY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	if err := c.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if code, err := c.Wait(ctx); code != 137 || err != nil || out.String() != "before\n" {
		t.Errorf("ended with %d, %v, printed %q", code, err, &out)
	}
}

// Many at once do not get into each other's way.
func TestCrowd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	n, err := b.CreateNetwork(t.Context(), engine.NetworkSpec{})
	if err != nil {
		t.Fatal(err)
	}
	const crowd = 12
	var mu sync.Mutex
	var codes []int
	var wg sync.WaitGroup
	for i := range crowd {
		wg.Go(func() {
			c, err := b.Start(t.Context(), engine.ContainerSpec{Image: "probe", Network: n.ID(), Cmd: []string{"exit", fmt.Sprint(i)}})
			if err != nil {
				t.Error(err)
				return
			}
			code, err := c.Wait(t.Context())
			if err = errors.Join(err, c.Remove(t.Context())); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			codes = append(codes, code)
		})
	}
	wg.Wait()
	slices.Sort(codes)
	for i, code := range codes {
		if i != code {
			t.Fatalf("exit codes are %v", codes)
		}
	}
	if err := n.Remove(t.Context()); err != nil {
		t.Error(err)
	}
}

// Two streams may go to one writer, which is not made for two at a time.
func TestOneWriter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var all bytes.Buffer
	c := b.start(t, engine.ContainerSpec{Stdout: &all, Stderr: io.Writer(&all), Cmd: []string{"flood", "20000", ";", "err", "last"}})
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := bytes.Count(all.Bytes(), []byte("\n")); got != 20001 {
		t.Errorf("%d lines, want 20001", got)
	}
}

// Limits that cannot be kept are named, and the container runs all the same.
func TestLimitsWithoutCgroups(t *testing.T) {
	seal(t, "/sys/fs/cgroup")
	b := newBench(t)
	got := b.run(t, engine.ContainerSpec{Memory: 64 << 20, NanoCPUs: 1e9, Pids: 10, Cmd: []string{"echo", "ran"}})
	if got.stdout != "ran\n" {
		t.Errorf("printed %q, %q", got.stdout, got.stderr)
	}
	said := strings.Join(b.warned, "\n")
	for _, limit := range []string{"memory", "CPU", "processes"} {
		if strings.Count(said, limit) != 1 {
			t.Errorf("warned %q, want %s named once", b.warned, limit)
		}
	}
}

// Where no control group keeps a container from the machine's devices, it cannot
// make itself a file of one.
func TestDevicesWithoutCgroups(t *testing.T) {
	seal(t, "/sys/fs/cgroup")
	b := newBench(t)
	got := b.run(t, engine.ContainerSpec{CapAdd: []string{"MKNOD"}, Cmd: []string{"cat", "/proc/self/status"}})
	if !strings.Contains(got.stdout, "CapBnd:\t00000000a00425fb\n") {
		t.Errorf("rights are\n%s%s", got.stdout, got.stderr)
	}
	if said := strings.Join(b.warned, "\n"); strings.Count(said, "CAP_MKNOD") != 1 {
		t.Errorf("warned %q, want the right named once", b.warned)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.start(t, engine.ContainerSpec{Memory: 64 << 20, NanoCPUs: 5e8, Pids: 20, Cmd: []string{"alloc", "256"}})
	if code, err := c.Wait(t.Context()); code != 137 || err != nil {
		t.Errorf("ended with %d, %v", code, err)
	}
	if h, err := c.Health(t.Context(), nil); !h.OOM || err != nil {
		t.Errorf("%+v, %v", h, err)
	}
	if len(b.warned) > 0 {
		t.Errorf("warned %q", b.warned)
	}
}

// BenchmarkTrue is a container that does nothing, from its creation to its removal.
func BenchmarkTrue(b *testing.B) {
	bench := newBench(b)
	for b.Loop() {
		c, err := bench.Start(b.Context(), engine.ContainerSpec{Image: "probe", Cmd: []string{"exit", "0"}})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Wait(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := c.Remove(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
