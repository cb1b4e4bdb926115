package enginetest

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

// childImage tells a re-executed test that it is the owner that dies, and
// which image it runs.
const childImage = "RETORT_ENGINETEST_IMAGE"

func isChild() bool { return os.Getenv(childImage) != "" }

// dieAsOwner starts a container with a network and a volume, tells that it did,
// and dies as a lost agent does: without a chance to clean up.
func (s *suite) dieAsOwner(t *testing.T) {
	n, err := s.engine.(engine.Networker).CreateNetwork(t.Context(), engine.NetworkSpec{
		Name: "retort-enginetest-dead-" + s.owner.Run, Labels: s.owner.Labels(),
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.engine.(engine.Volumer).CreateVolume(t.Context(), s.volumeSpec("dead"))
	if err != nil {
		t.Fatal(err)
	}
	spec := engine.ContainerSpec{
		Image: os.Getenv(childImage), Cmd: []string{"hang"}, Network: n.ID(), Labels: s.owner.Labels(),
		Mounts: []engine.Mount{{Volume: v.Name(), Path: "/data"}},
	}
	_, err = s.engine.(engine.Runner).Start(t.Context(), spec)
	if errors.Is(err, engine.ErrImageNotFound) { // no process of this engine sees another's
		spec.Image = s.probeImage(t)
		_, err = s.engine.(engine.Runner).Start(t.Context(), spec)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stdout.WriteString("\nrun=" + s.owner.Run + "\n"); err != nil {
		t.Fatal(err)
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err == nil && os.Getpid() == 1 {
		syscall.Exit(1) // the kernel keeps SIGKILL from a namespace's process 1, when it sends it itself
	}
	t.Fatalf("still alive: %v", err)
}

// testSweep: what a dead run had goes, what a living one has stays, and a run
// of another machine is judged by its time to live.
func (s *suite) testSweep(t *testing.T) {
	keeper := need[Housekeeper](t, s)
	s.networked(t)
	living, volume := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}}), s.filled(t)
	dead := s.deadRun(t)
	want := []string{"container", "network", "volume"}
	if s.peculiarities().Volatile {
		want = want[2:]
	}
	if left, err := keeper.Left(t.Context(), dead); err != nil || len(left) != len(want) {
		t.Fatalf("the dead run left %v, %v; want its %v", left, err, want)
	}
	away := s.elsewhere(t, time.Hour)
	expired := s.elsewhere(t, 0)
	used, user := s.usedVolume(t)

	s.sweep(t)
	for name, c := range map[string]engine.Container{"living run": living, "other machine's run": away, "volume's user": user} {
		if h, err := checker(t, c).Health(t.Context(), nil); err != nil || !h.Running {
			t.Errorf("the container of the %s is %+v, %v", name, h, err)
		}
	}
	if _, err := checker(t, expired).Health(t.Context(), nil); err == nil && !s.peculiarities().Volatile {
		t.Error("the expired container is still there")
	}
	if left, err := keeper.Left(t.Context(), dead); err != nil || len(left) != 0 {
		t.Errorf("still there of the dead run: %v, %v", left, err)
	}
	if got := s.runSpec(t, reading(s.image, volume)); got.stdout != "kept" {
		t.Errorf("the volume of the living run holds %q, %q", got.stdout, got.stderr)
	}
	if err := user.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.sweep(t)
	left, err := keeper.Left(t.Context(), s.owner.Run)
	if err != nil || slices.ContainsFunc(left, func(what string) bool { return strings.Contains(what, used.Name()) }) {
		t.Errorf("the volume is still there that had been in use: %v, %v", left, err)
	}
}

func (s *suite) sweep(t *testing.T) {
	t.Helper()
	removed, err := need[engine.Sweeper](t, s).Sweep(t.Context())
	if err != nil {
		t.Errorf("sweep: %v", err)
	}
	t.Logf("removed %v", removed)
}

// deadRun runs this test binary again, as an owner that dies.
func (s *suite) deadRun(t *testing.T) string {
	t.Helper()
	top, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+top+"$", "-test.v=false")
	cmd.Env = append(os.Environ(), childImage+"="+s.image)
	out, err := cmd.CombinedOutput()
	_, run, ok := strings.Cut(string(out), "\nrun=")
	if !ok {
		t.Fatalf("the child did not get far: %v\n%s", err, out)
	}
	return strings.TrimSpace(run)
}
