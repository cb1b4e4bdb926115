package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
)

type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

// scriptCommands are what scripts know besides testscript's own commands.
func scriptCommands(eng *dockertest.Engine) map[string]scriptCommand {
	return map[string]scriptCommand{
		"commit":     cmdCommit,
		"digest":     cmdDigest,
		"exits":      cmdExits,
		"fill":       cmdFill,
		"keep":       cmdKeep,
		"keypair":    cmdKeypair,
		"media":      cmdMedia,
		"provenance": cmdProvenance,
		"refuse":     cmdRefuse,
		"rmi":        func(ts *testscript.TestScript, neg bool, args []string) { cmdRmi(ts, neg, args, eng) },
		"serve":      cmdServe,
		"stop":       cmdStop,
		"tmpfs":      cmdTmpfs,
	}
}

// scriptCondition knows [root], and [race] where the race detector watches.
func scriptCondition(cond string) (bool, error) {
	switch cond {
	case "root":
		return os.Geteuid() == 0, nil
	case "race":
		return raced, nil
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

// exits CODE COMMAND…: the command must end with that exit code.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(arg(args, 0))
	if err != nil || neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// commit DIR: everything in the directory becomes a commit, of a new repository
// where there is none. Its message is of this script alone, and so is its hash.
func cmdCommit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: commit DIR")
	}
	if _, err := os.Stat(ts.MkAbs(filepath.Join(args[0], ".git"))); err != nil {
		ts.Check(ts.Exec("git", "init", "-q", "-b", "main", args[0]))
	}
	ts.Check(ts.Exec("git", "-C", args[0], "add", "-A"))
	ts.Check(ts.Exec("git", "-C", args[0], "commit", "-q", "--allow-empty", "-m", ts.Getenv("PROJECT")))
}

// keep NAME: what the last command printed becomes a variable.
func cmdKeep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keep NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// digest REFERENCE: prints repository@digest as the registry has it, without
// any help of retort's. With ! the registry must not have it.
func cmdDigest(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: digest REFERENCE")
	}
	ref, err := name.ParseReference(args[0])
	ts.Check(err)
	desc, err := remote.Head(ref)
	if (err != nil) != neg {
		ts.Fatalf("%s in the registry: %v", ref, err)
	}
	if !neg {
		_, err = fmt.Fprintf(ts.Stdout(), "%s@%s\n", ref.Context(), desc.Digest)
		ts.Check(err)
	}
}

// media REFERENCE: prints the media type of each layer as the registry has it,
// without any help of retort's.
func cmdMedia(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: media REFERENCE")
	}
	ref, err := name.ParseReference(args[0])
	ts.Check(err)
	img, err := remote.Image(ref)
	ts.Check(err)
	manifest, err := img.Manifest()
	ts.Check(err)
	for _, layer := range manifest.Layers {
		_, err = fmt.Fprintln(ts.Stdout(), layer.MediaType)
		ts.Check(err)
	}
}

// refuse: $REFUSING is a registry that takes nobody's credentials, and
// $DOCKER_CONFIG has some for it: me:hunter2.
func cmdRefuse(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: refuse")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	ts.Defer(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	config := fmt.Sprintf(`{"auths": {%q: {"auth": "bWU6aHVudGVyMg=="}}}`, address)
	dir := ts.MkAbs("credentials")
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o644))
	ts.Setenv("DOCKER_CONFIG", dir)
	ts.Setenv("REFUSING", address)
}

// rmi IMAGE: takes an image, by ID or one of its names, off the engine.
func cmdRmi(ts *testscript.TestScript, neg bool, args []string, eng *dockertest.Engine) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: rmi IMAGE")
	}
	ts.Check(eng.RemoveImage(context.Background(), args[0]))
}

// tmpfs DIR BYTES: a file system of that size. Needs root.
func cmdTmpfs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tmpfs DIR BYTES")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+args[1]))
	ts.Defer(func() { ts.Check(syscall.Unmount(dir, syscall.MNT_DETACH)) })
}

// fill FILE: a file of everything that its file system still takes.
func cmdFill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fill FILE")
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = io.Copy(f, rand.Reader)
	if !errors.Is(err, syscall.ENOSPC) {
		ts.Fatalf("fill %s: %v", args[0], err)
	}
	ts.Check(f.Close())
}

func arg(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}
