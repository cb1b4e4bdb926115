package enginetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

func (s *suite) testLimits(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"memory":           s.memoryLimit,
		"processes":        s.processLimit,
		"CPU":              s.cpuLimit,
		"ulimits":          s.ulimits,
		"shared memory":    s.sharedMemory,
		"security options": s.securityOptions,
	})
}

// A container that takes more memory than it may have is ended, and the engine
// tells it from one that was killed.
func (s *suite) memoryLimit(t *testing.T) {
	s.limited(t, engine.ContainerSpec{Image: s.image, Memory: 64 << 20})
	for mib, want := range map[string]int{"8": 0, "256": 137} {
		c := s.start(t, engine.ContainerSpec{Image: s.image, Memory: 64 << 20, Cmd: []string{"alloc", mib}})
		if code, err := c.Wait(t.Context()); code != want || err != nil {
			t.Errorf("%s MiB under a limit of 64 ended with %d, %v; want %d", mib, code, err, want)
		}
		if h, err := checker(t, c).Health(t.Context(), nil); err != nil || h.OOM != (want != 0) {
			t.Errorf("%s MiB under a limit of 64: health is %+v, %v", mib, h, err)
		}
	}
	killed := s.start(t, engine.ContainerSpec{Image: s.image, Memory: 64 << 20, Cmd: []string{"hang"}})
	if killer, ok := killed.(engine.Killer); ok {
		if err := killer.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := killed.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if h, err := checker(t, killed).Health(t.Context(), nil); err != nil || h.OOM || h.ExitCode != 137 {
			t.Errorf("killed: health is %+v, %v", h, err)
		}
	}
}

// A container that starts more processes than it may have is refused the rest.
func (s *suite) processLimit(t *testing.T) {
	s.limited(t, engine.ContainerSpec{Image: s.image, Pids: 30})
	forty := strings.Fields(strings.Repeat("daemon hang ; ", 40)) // of several threads each, which count
	for limit, want := range map[int64]bool{1000: true, 30: false} {
		got := s.runSpec(t, engine.ContainerSpec{Image: s.image, Pids: limit, Cmd: forty})
		if (got.code == 0) != want {
			t.Errorf("40 processes under a limit of %d: exit code %d, %q", limit, got.code, got.stderr)
		}
	}
}

// How long something takes depends upon the machine, so the kernel is asked what
// holds for the container: it sees its own control group alone.
func (s *suite) cpuLimit(t *testing.T) {
	spec := engine.ContainerSpec{Image: s.image, NanoCPUs: 5e8}
	s.limited(t, spec)
	var said []string
	for _, files := range [][]string{
		{"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us"}, // of version 1
		{"/sys/fs/cgroup/cpu.max"}, // of version 2
	} {
		spec.Cmd = append([]string{"cat"}, files...)
		got := s.runSpec(t, spec)
		if slices.Equal(strings.Fields(got.stdout), []string{"50000", "100000"}) {
			return
		}
		said = append(said, got.stdout+got.stderr)
	}
	t.Errorf("half a CPU is %q", said)
}

func (s *suite) ulimits(t *testing.T) {
	got := s.runSpec(t, engine.ContainerSpec{
		Image: s.image, Cmd: []string{"cat", "/proc/self/limits"},
		Ulimits: []engine.Ulimit{{Name: "core", Soft: 4096, Hard: 8192}, {Name: "fsize", Soft: -1, Hard: -1}},
	})
	for line := range strings.Lines(got.stdout) {
		fields := strings.Fields(line)
		for begin, want := range map[string][]string{"Max core file size": {"4096", "8192"}, "Max file size": {"unlimited", "unlimited"}} {
			at := len(strings.Fields(begin))
			if strings.HasPrefix(line, begin) && !slices.Equal(fields[at:at+2], want) {
				t.Errorf("%s is %v, want %v", begin, fields[at:], want)
			}
		}
	}
	if got.code != 0 || got.stdout == "" {
		t.Errorf("exit code %d, %q", got.code, got.stderr)
	}
}

func (s *suite) sharedMemory(t *testing.T) {
	s.limited(t, engine.ContainerSpec{Image: s.image, ShmSize: 8 << 20})
	got := s.runSpec(t, engine.ContainerSpec{Image: s.image, ShmSize: 8 << 20, Cmd: []string{"cat", "/proc/mounts"}})
	if !strings.Contains(shmLine(got.stdout), "size=8192k") {
		t.Errorf("mounted is %q, want 8 MiB", shmLine(got.stdout))
	}
}

func shmLine(mounts string) string {
	for line := range strings.Lines(mounts) {
		if strings.Contains(line, " /dev/shm ") {
			return line
		}
	}
	return ""
}

// A test's code must not gain rights by a setuid program, unless its project
// says so; other options leave that as it is.
func (s *suite) securityOptions(t *testing.T) {
	for name, c := range map[string]struct {
		opts []string
		want []string
	}{
		"none":        {nil, []string{"NoNewPrivs:\t1\n"}},
		"turned off":  {[]string{"no-new-privileges:false"}, []string{"NoNewPrivs:\t0\n"}},
		"turned on":   {[]string{"no-new-privileges:true"}, []string{"NoNewPrivs:\t1\n"}},
		"another one": {[]string{"seccomp=unconfined"}, []string{"NoNewPrivs:\t1\n", "Seccomp:\t0\n"}},
	} {
		spec := engine.ContainerSpec{Image: s.image, SecurityOpt: c.opts, Cmd: []string{"cat", "/proc/self/status"}}
		if err := s.lacks(t, spec); err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		got := s.runSpec(t, spec)
		for _, want := range c.want {
			if !strings.Contains(got.stdout, want) {
				t.Errorf("%s: want %q in\n%s%s", name, want, got.stdout, got.stderr)
			}
		}
	}
}
