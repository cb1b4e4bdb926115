package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/progress"
)

// What a copy of this binary does instead of the tests, in namespaces of its own.
const (
	roleVariable = "RETORT_EMBEDDED_TEST_ROLE"
	argVariable  = "RETORT_EMBEDDED_TEST_ARG"
)

// play does a role in the shared state directory. It prints what the test waits
// for, and goes on until its standard input ends.
func play(role string, signals chan os.Signal) int {
	switch role {
	case "signal":
		return waitForSignal(signals)
	case "runc state":
		return failIf(tellRuncState())
	}
	ctx := context.Background()
	e, err := embedded.New(embedded.Options{StateDir: os.Getenv(stateVariable)})
	if err != nil {
		return fail(err)
	}
	defer func() { _ = e.Close() }()
	arg := os.Getenv(argVariable)
	switch role {
	case "hold":
		what, err := e.Describe(ctx)
		if err != nil {
			return fail(err)
		}
		fmt.Println(what)
		_, err = io.Copy(io.Discard, os.Stdin)
		return failIf(err)
	case "build":
		_, err := e.Build(ctx, engine.BuildSpec{Context: arg, NoCache: true, Progress: progress.Func(func(ev progress.Event) {
			if ev.Kind == progress.Log {
				fmt.Println(ev.Text)
			}
		})})
		return failIf(err)
	case "id":
		built, err := e.Build(ctx, engine.BuildSpec{Context: arg, Args: epochArg()})
		fmt.Println(built.ID)
		return failIf(err)
	case "pull":
		_, err := e.Pull(ctx, arg)
		return failIf(err)
	case "export":
		return failIf(export(ctx, e, arg))
	case "push":
		return failIf(push(ctx, e, arg))
	case "containers":
		return failIf(suite(ctx, e, arg))
	}
	return fail(fmt.Errorf("no role %s", role))
}

// waitForSignal tells which one came, and gives the exit code that the test knows.
func waitForSignal(signals chan os.Signal) int {
	fmt.Println("waiting")
	fmt.Println(<-signals)
	if len(signals) > 0 {
		fmt.Println("once more")
	}
	return 70
}

// tellRuncState says where runc keeps what it knows, and what else there is in /run.
func tellRuncState() error {
	for _, dir := range []string{os.Getenv("XDG_RUNTIME_DIR"), "/run"} {
		if err := os.Mkdir(dir+"/runc/container", 0o700); err == nil {
			fmt.Println("runc's", dir)
		}
	}
	return fs.WalkDir(os.DirFS("/run"), ".", func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrPermission) {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info() // the entry itself is what is covered
		if err == nil {
			fmt.Println(path, info.Mode().Type())
		}
		return err
	})
}

func failIf(err error) int {
	if err != nil {
		return fail(err)
	}
	return 0
}

func exported(ctx context.Context, e *embedded.Engine, dir string) (v1.Image, error) {
	built, err := e.Build(ctx, engine.BuildSpec{Context: dir})
	if err != nil {
		return nil, err
	}
	return e.Export(ctx, built.ID, os.TempDir(), engine.ExportOptions{})
}

// export reads half of an image's only layer, says so and waits.
func export(ctx context.Context, e *embedded.Engine, dir string) error {
	img, err := exported(ctx, e, dir)
	if err != nil {
		return err
	}
	layers, err := img.Layers()
	if err != nil {
		return err
	}
	content, err := layers[0].Compressed()
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, content, 1000); err != nil {
		return err
	}
	fmt.Println("begun")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// push sends an image to a repository.
func push(ctx context.Context, e *embedded.Engine, arg string) error {
	dir, repository, _ := strings.Cut(arg, " ")
	img, err := exported(ctx, e, dir)
	if err != nil {
		return err
	}
	tag, err := name.NewTag(repository)
	if err != nil {
		return err
	}
	return remote.Write(tag, img, remote.WithContext(ctx))
}

// suite starts two containers on a network of their own, says so and waits.
func suite(ctx context.Context, e *embedded.Engine, dir string) error {
	built, err := e.Build(ctx, engine.BuildSpec{Context: dir})
	if err != nil {
		return err
	}
	n, err := e.CreateNetwork(ctx, engine.NetworkSpec{})
	if err != nil {
		return err
	}
	for range 2 {
		if _, err := e.Start(ctx, engine.ContainerSpec{Image: built.ID, Network: n.ID(), Cmd: []string{"hang"}}); err != nil {
			return err
		}
	}
	fmt.Println("begun")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// actor is a copy of this binary that plays a role.
type actor struct {
	*exec.Cmd
	out   *bufio.Scanner
	in    io.Closer
	lines []string
}

func start(t *testing.T, role, arg, state string) *actor {
	t.Helper()
	a := &actor{Cmd: exec.CommandContext(t.Context(), "/proc/self/exe")}
	a.Env = append(os.Environ(), roleVariable+"="+role, argVariable+"="+arg, stateVariable+"="+state)
	in, err := a.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := a.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	a.in, a.out, a.Stderr = in, bufio.NewScanner(out), a.Stdout
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	return a
}

// until reads what the actor prints up to a line that begins so.
func (a *actor) until(t *testing.T, begin string) string {
	t.Helper()
	for a.out.Scan() {
		a.lines = append(a.lines, a.out.Text())
		if strings.HasPrefix(a.out.Text(), begin) {
			return a.out.Text()
		}
	}
	t.Fatalf("no line %q, but\n%s\n(%v)", begin, strings.Join(a.lines, "\n"), a.Wait())
	return ""
}

// end lets the actor go and gives why it failed.
func (a *actor) end() error {
	_ = a.in.Close()
	for a.out.Scan() {
		a.lines = append(a.lines, a.out.Text())
	}
	if err := a.Wait(); err != nil {
		return fmt.Errorf("%w\n%s", err, strings.Join(a.lines, "\n"))
	}
	return nil
}
