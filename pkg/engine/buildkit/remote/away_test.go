package remote_test

import (
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/progress"
)

// An address that makes no sense is told before anything is dialled.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "buildkitd", "tcp://", "tcp://host", "tcp://host:0", "tcp://host:99999", "tcp://host:1/path", "tcp://u@host:1",
		"unix://run/buildkitd.sock", "unix://", "http://host:80", "docker-container://", "kube-pod://", "tcp://[::1", "\x7f",
	} {
		if _, err := remote.New(remote.Options{Host: text, StateDir: t.TempDir(), Getenv: nothing}); fault.SideOf(err) != fault.Usage || fault.HintOf(err) == "" {
			t.Errorf("%q: %v, want a usage fault with a hint", text, err)
		}
	}
	for _, text := range []string{
		"tcp://host:1234", "tcp://[::1]:1234", "unix:///run/buildkit/buildkitd.sock", "docker-container://buildkitd",
		"kube-pod://buildkitd?namespace=ci", "podman-container://buildkitd", "nerdctl-container://buildkitd", "ssh://me@host",
	} {
		e, err := remote.New(remote.Options{StateDir: t.TempDir(), Getenv: func(name string) string {
			return map[string]string{"BUILDKIT_HOST": text}[name]
		}})
		if err != nil || e.Address() != text {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func nothing(string) string { return "" }

// wantAway wants ErrUnavailable, exit code 5 and a hint that has the words.
func wantAway(t *testing.T, err error, words ...string) {
	t.Helper()
	if !errors.Is(err, engine.ErrUnavailable) || fault.SideOf(err) != fault.Infrastructure {
		t.Fatalf("gave %v, want ErrUnavailable and infrastructure", err)
	}
	for _, word := range words {
		if !strings.Contains(fault.HintOf(err), word) {
			t.Errorf("%v\nhint %q, want %q", err, fault.HintOf(err), word)
		}
	}
}

// A daemon that is not there is told at once, with what to type.
func TestAway(t *testing.T) {
	t.Parallel()
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = refused.Close()
	for _, host := range []string{
		"tcp://" + refused.Addr().String(), "unix://" + filepath.Join(t.TempDir(), "no.sock"), "tcp://no.such.host.invalid:1",
	} {
		e := open(t, remote.Options{Host: host, Getenv: nothing})
		_, err := e.Describe(t.Context())
		wantAway(t, err, "buildctl --addr "+host)
		_, err = e.Build(t.Context(), engine.BuildSpec{Context: t.TempDir(), Inline: "FROM scratch\n"})
		wantAway(t, err, "buildctl")
		// What lies in the store needs no daemon.
		if _, err := e.InspectImage(t.Context(), "no/such:1"); !errors.Is(err, engine.ErrImageNotFound) {
			t.Errorf("inspect: %v", err)
		}
	}
}

// A port where something else listens, and says nothing, does not hang anyone.
func TestSilent(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	begun := time.Now()
	_, err = open(t, remote.Options{Host: "tcp://" + silent.Addr().String(), Getenv: nothing}).Describe(t.Context())
	wantAway(t, err)
	if took := time.Since(begun); took > 40*time.Second {
		t.Errorf("took %s", took)
	}
}

// A daemon that dies in the middle of a RUN ends the build; the next one, at the
// same address, is found by the same engine.
func TestKilledDaemon(t *testing.T) {
	t.Parallel()
	d := buildkitdtest.Start(t, buildkitdtest.Options{})
	e := open(t, remote.Options{Host: d.Address})
	var died time.Time
	_, err := e.Build(t.Context(), engine.BuildSpec{
		Context: probe.Context(t, probe.Dockerfile+"RUN [\"/probe\",\"echo\",\"now\",\"it runs\",\";\",\"hang\"]\n", nil),
		Progress: progress.Func(func(e progress.Event) {
			if e.Kind == progress.Log && e.Text == "now it runs" {
				d.Kill()
				died = time.Now()
			}
		}),
	})
	wantAway(t, err)
	if took := time.Since(died); died.IsZero() || took > 5*time.Second {
		t.Errorf("took %s after the daemon's death", took)
	}
}
