package main

import (
	"debug/elf"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/retort-ci/retort/pkg/fault"
)

func TestRun(t *testing.T) {
	reg, busybox := newRegistry(t), newBusybox(t)
	opts := options{registry: reg, goroot: newToolchain(t), busybox: busybox}
	publish := func(want string) string {
		t.Helper()
		var out strings.Builder
		if err := run(t.Context(), opts, &out); err != nil {
			t.Fatal(err)
		}
		lines := regexp.MustCompile(`(?m)^` + reg + `/library/(busybox:latest|golang:1\.26)@sha256:[0-9a-f]{64} \(` + want + `\) \d+\.\ds$`)
		if n := len(lines.FindAllString(out.String(), -1)); n != 2 {
			t.Errorf("run said\n%swant two lines that say %q", &out, want)
		}
		return regexp.MustCompile(` \(.*`).ReplaceAllString(out.String(), "")
	}
	first := publish("created")
	if again := publish("already there"); again != first {
		t.Errorf("the second run named\n%safter\n%s", again, first)
	}
	opts.force = true
	if forced := publish("created"); forced != first {
		t.Errorf("made anew, the same files gave\n%safter\n%s", forced, first)
	}
	opts.force = false
	writeFile(t, opts.goroot, "VERSION", []byte("go1.26.9\n"))
	var out strings.Builder
	if err := run(t.Context(), opts, &out); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "(created)") != 1 || strings.Contains(first, strings.Fields(out.String())[3]) {
		t.Errorf("with another Go version run said\n%swant golang alone to be created", &out)
	}
}

func TestGolangImage(t *testing.T) {
	reg, busybox := newRegistry(t), newBusybox(t)
	opts := options{registry: reg, goroot: newToolchain(t), busybox: busybox}
	if err := run(t.Context(), opts, io.Discard); err != nil {
		t.Fatal(err)
	}
	img := pull(t, reg, golangName)
	got := files(t, img)
	for _, want := range []string{
		"bin/sh", "bin/busybox", "usr/bin/env", "etc/passwd", "tmp/", "go/bin/",
		"usr/local/go/bin/go", "usr/local/go/VERSION", "usr/local/go/src/fmt/print.go", "usr/local/go/lib/time/zoneinfo.zip",
	} {
		if !slices.Contains(got, want) && !slices.Contains(got, strings.TrimSuffix(want, "/")) {
			t.Errorf("the image lacks %s", want)
		}
	}
	for _, file := range got {
		if strings.Contains(file, "print_test.go") || strings.Contains(file, "testdata") || strings.Contains(file, "huge.go") {
			t.Errorf("the image holds %s, which no build needs", file)
		}
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.OS != "linux" || config.Architecture != runtime.GOARCH ||
		!slices.Contains(config.Config.Env, "GOLANG_VERSION=1.26.8") || !slices.Contains(config.Config.Env, "GOTOOLCHAIN=local") {
		t.Errorf("the image is for %s/%s with %q", config.OS, config.Architecture, config.Config.Env)
	}
}

// Somebody else's image under the name, of whatever kind, gives way.
func TestRunReplacesOthers(t *testing.T) {
	reg, busybox := newRegistry(t), newBusybox(t)
	ref, err := name.ParseReference(reg + "/library/busybox:latest")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, empty.Index); err != nil {
		t.Fatal(err)
	}
	opts := options{registry: reg, goroot: newToolchain(t), busybox: busybox}
	if err := run(t.Context(), opts, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := files(t, pull(t, reg, "library/busybox:latest")); !slices.Contains(got, "bin/sh") {
		t.Errorf("the image holds %q, want bin/sh", got)
	}
}

func TestFaults(t *testing.T) {
	busybox, dir := newBusybox(t), t.TempDir()
	goroot := newToolchain(t)
	tests := []struct {
		name string
		opts options
		side fault.Side
		hint string
	}{
		{"no busybox", options{"127.0.0.1:1", goroot, filepath.Join(dir, "absent"), false}, fault.Usage, "busybox-static"},
		{"dynamic busybox", options{"127.0.0.1:1", goroot, writeFile(t, dir, "busybox", program(t, elf.PT_INTERP)), false}, fault.Usage, "busybox-static"},
		{"no toolchain", options{"127.0.0.1:1", dir, busybox, false}, fault.Usage, "go.dev/dl"},
		{"no registry", options{"127.0.0.1:1", goroot, busybox, false}, fault.Infrastructure, "retort registry serve"},
		{"no address", options{"not a registry", goroot, busybox, false}, fault.Usage, "HOST:PORT"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := run(t.Context(), tt.opts, io.Discard)
			f, ok := errors.AsType[*fault.Fault](err)
			if !ok || f.Side != tt.side || !strings.Contains(f.Hint, tt.hint) {
				t.Errorf("run = %v, want a fault on side %s with a hint about %q", err, tt.side, tt.hint)
			}
		})
	}
}
