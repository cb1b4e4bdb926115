package enginetest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// childImage tells a re-executed test that it is the owner that dies, and
// which image it runs.
const childImage = "RETORT_ENGINETEST_IMAGE"

func isChild() bool { return os.Getenv(childImage) != "" }

// dieAsOwner starts a container in a network, tells that it did, and dies as a
// lost agent does: without a chance to clean up.
func (s *suite) dieAsOwner(t *testing.T) {
	n, err := s.engine.(engine.Networker).CreateNetwork(t.Context(), engine.NetworkSpec{
		Name: "retort-enginetest-dead-" + s.owner.Run, Labels: s.owner.Labels(),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.engine.(engine.Runner).Start(t.Context(), engine.ContainerSpec{
		Image: os.Getenv(childImage), Cmd: []string{"hang"}, Network: n.ID(), Labels: s.owner.Labels(),
	})
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
	t.Fatalf("still alive: %v", err)
}

// testSweep: what a dead run had goes, what a living one has stays, and a run
// of another machine is judged by its time to live.
func (s *suite) testSweep(t *testing.T) {
	sweeper, keeper := need[engine.Sweeper](t, s), need[Housekeeper](t, s)
	living := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}})
	dead := s.deadRun(t)
	if left, err := keeper.Left(t.Context(), dead); err != nil || len(left) != 2 {
		t.Fatalf("the dead run left %v, %v; want a container and a network", left, err)
	}
	away := s.elsewhere(t, time.Hour)
	expired := s.elsewhere(t, 0)

	removed, err := sweeper.Sweep(t.Context())
	if err != nil {
		t.Errorf("sweep: %v", err)
	}
	t.Logf("removed %v", removed)
	for name, c := range map[string]engine.Container{"living run": living, "other machine's run": away} {
		if h, err := checker(t, c).Health(t.Context(), nil); err != nil || !h.Running {
			t.Errorf("the container of the %s is %+v, %v", name, h, err)
		}
	}
	if _, err := checker(t, expired).Health(t.Context(), nil); err == nil {
		t.Error("the expired container is still there")
	}
	if left, err := keeper.Left(t.Context(), dead); err != nil || len(left) != 0 {
		t.Errorf("still there of the dead run: %v, %v", left, err)
	}
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

// elsewhere starts a container whose labels name a run of another machine.
func (s *suite) elsewhere(t *testing.T, ttl time.Duration) engine.Container {
	t.Helper()
	labels := with(owner.Self(ttl).Labels(), "dev.retort.boot", "another machine")
	labels[owner.LabelRun] = s.owner.Run
	c, err := s.engine.(engine.Runner).Start(t.Context(), engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}, Labels: labels})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Remove(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return c
}
