package gatewayrun_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/fault"
)

// Where the worker's containers share the network of its host, a suite runs alone,
// and one with services is refused with the way out.
func TestWorkerWithoutNetworks(t *testing.T) {
	i := connect(t, buildkitdtest.Start(t, buildkitdtest.Options{}))
	spec := engine.ContainerSpec{Cmd: []string{"echo", "alone"}}
	if without, err := i.PlanContainers(t.Context(), []engine.ContainerSpec{spec}, false); err != nil || !slices.Equal(without, []string{"a network of their own"}) {
		t.Errorf("plan gave %v, %v", without, err)
	}
	if code, out := i.run(t, spec); code != 0 || out != "alone\n" {
		t.Errorf("ended with %d, %q", code, out)
	}
	_, err := i.PlanContainers(t.Context(), []engine.ContainerSpec{spec}, true)
	wantRefused(t, err, "--oci-worker-net=bridge")
	_, err = i.CreateNetwork(t.Context(), engine.NetworkSpec{})
	wantRefused(t, err, "--oci-worker-net=bridge")
}

func wantRefused(t *testing.T, err error, hint string) {
	t.Helper()
	if !errors.Is(err, engine.ErrUnsupported) || fault.SideOf(err) != fault.Usage || !strings.Contains(fault.HintOf(err), hint) {
		t.Errorf("%v with hint %q; want it unsupported, with %s", err, fault.HintOf(err), hint)
	}
}

func TestPlanNamesWhatContainersCannotHave(t *testing.T) {
	i := connect(t, buildkitdtest.Start(t, buildkitdtest.Options{}))
	for name, c := range map[string]struct {
		spec engine.ContainerSpec
		hint string
	}{
		"host directory": {engine.ContainerSpec{Mounts: []engine.Mount{{Host: "/srv", Path: "/srv"}}}, "config"},
		"host-gateway":   {engine.ContainerSpec{ExtraHosts: []string{"host.docker.internal:host-gateway"}}, "docker"},
		"read only":      {engine.ContainerSpec{ReadOnly: true}, "docker"},
		"capability":     {engine.ContainerSpec{CapAdd: []string{"CAP_SYS_ADMIN"}}, "docker"},
		"security":       {engine.ContainerSpec{SecurityOpt: []string{"seccomp=unconfined"}}, "docker"},
		"ulimit":         {engine.ContainerSpec{Ulimits: []engine.Ulimit{{Name: "nosuch"}}}, "ulimit"},
		"privileged":     {engine.ContainerSpec{Privileged: true}, "--allow-insecure-entitlement security.insecure"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := i.PlanContainers(t.Context(), []engine.ContainerSpec{{}, c.spec}, false)
			wantRefused(t, err, c.hint)
		})
	}
	without, err := i.PlanContainers(t.Context(), []engine.ContainerSpec{
		{Memory: 1 << 20, Tmpfs: []string{"/tmp:size=1m,exec,mode=1770,noexec"}, Network: "none"},
		{NanoCPUs: 1, Pids: 3, Memory: 5, Tmpfs: []string{"/tmp"}, Network: "host"},
	}, false)
	want := "CPU limit, limit of processes, memory limit, size of a tmpfs, tmpfs option mode, tmpfs option noexec"
	if got := strings.Join(without, ", "); err != nil || got != want {
		t.Errorf("plan gave %q, %v; want %q", got, err, want)
	}
	for _, host := range []string{"web", "web:", ":127.0.0.1", "web:nowhere"} {
		_, err := i.PlanContainers(t.Context(), []engine.ContainerSpec{{ExtraHosts: []string{host}}}, false)
		if fault.SideOf(err) != fault.Usage || errors.Is(err, engine.ErrUnsupported) {
			t.Errorf("host %q: %v, want a usage fault", host, err)
		}
	}
}
