package structure_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/structure"
)

// onDocker builds an image on the real engine and gives it exported, with a
// Runner for it. The end of the test asserts that nothing is left.
func onDocker(t *testing.T, dockerfile string, files map[string]string) (v1.Image, *structure.Containers) {
	t.Helper()
	eng, self := dockertest.Open(t), owner.Self(time.Hour)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if left, err := eng.Left(ctx, self.Run); err != nil || len(left) > 0 {
			t.Errorf("left on the engine: %v, %v", left, err)
		}
		if err := eng.Clear(ctx, self.Run); err != nil {
			t.Error(err)
		}
	})
	built, err := eng.Build(t.Context(), engine.BuildSpec{Context: probe.Context(t, dockerfile, files), Labels: self.Labels()})
	if err != nil {
		t.Fatal(err)
	}
	img, err := eng.Export(t.Context(), built.ID, t.TempDir(), engine.ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return img, &structure.Containers{
		Engine: eng, Timeout: time.Minute,
		Template: engine.ContainerSpec{Image: built.ID, Labels: self.Labels(), Network: "none"},
	}
}

func TestDocker(t *testing.T) {
	t.Parallel()
	img, runner := onDocker(t, `FROM scratch
COPY --chmod=755 probe /bin/probe
COPY --chown=7:8 --chmod=640 conf /app/etc/conf
ENV APP=/app PATH=/bin
EXPOSE 8080
USER 7:8
WORKDIR /app
ENTRYPOINT ["/never"]
CMD ["never"]
`, map[string]string{"conf": "port=8080\n"})
	results, err := structure.Check(t.Context(), parse(t, "f.yaml", `
schemaVersion: 2.0.0
globalEnvVars: [{key: CONF, value: $APP/etc/conf}]
fileExistenceTests:
- {name: probe, path: /bin/probe, isExecutableBy: other}
- {name: conf, path: $CONF, permissions: -rw-r-----, uid: 7, gid: 8}
- {name: none, path: /etc/passwd, shouldExist: false}
fileContentTests:
- {name: port, path: $CONF, expectedContents: ['(?m)^port=8080$']}
metadataTest: {user: "7:8", workdir: /app, exposedPorts: [8080], entrypoint: [/never]}
commandTests:
- {name: found in PATH, command: probe, args: [pwd, ;, id], expectedOutput: ['^/app\n7:8\n$']}
- {name: reads, command: /bin/probe, args: [cat, $CONF], expectedOutput: ['port=8080']}
- {name: variable, envVars: [{key: T, value: "a b"}], command: probe, args: [env, T], expectedOutput: ['^a b\n$']}
- {name: exit code, command: probe, args: [err, why, ;, exit, "3"], exitCode: 3, expectedError: ['^why\n$']}
- {name: fails, command: probe, args: [err, why, ;, exit, "3"]}
- {name: no command, command: nosuch}
- {name: no shell, setup: [[probe, echo]], command: probe, args: [echo]}
`), img, runner)
	if err != nil {
		t.Fatal(err)
	}
	want := `ok fileExistenceTests: probe
ok fileExistenceTests: conf
ok fileExistenceTests: none
ok fileContentTests: port
ok metadataTest: metadata
ok commandTests: found in PATH
ok commandTests: reads
ok commandTests: variable
ok commandTests: exit code
FAIL commandTests: fails
     exit code is 3, not 0: why
FAIL commandTests: no command
     command cannot be started: nosuch: …
FAIL commandTests: no shell
     setup and teardown take a /bin/sh in the image, which it does not have
`
	if got := shorten(show(results)); got != want {
		t.Errorf("got %s", got)
	}
}

// shorten leaves out what the engine says of a command that cannot be started.
func shorten(text string) string {
	before, rest, _ := strings.Cut(text, "cannot be started: nosuch: ")
	_, after, _ := strings.Cut(rest, "\n")
	return before + "cannot be started: nosuch: …\n" + after
}

func TestDockerTimeout(t *testing.T) {
	t.Parallel()
	img, runner := onDocker(t, probe.Dockerfile, nil)
	runner.Timeout = time.Second
	f := parse(t, "f.yaml", "schemaVersion: 2.0.0\ncommandTests: [{name: hangs, command: /probe, args: [echo, here, ;, hang]}]")
	results, err := structure.Check(t.Context(), f, img, runner)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(results), "FAIL commandTests: hangs\n     still running after 1s\n"; got != want || results[0].Stdout != "here\n" {
		t.Errorf("got %s, output %q", got, results[0].Stdout)
	}
}

// TestDockerSetup takes a shell, which the image has from a static busybox.
func TestDockerSetup(t *testing.T) {
	t.Parallel()
	img, runner := onDocker(t, `FROM scratch
COPY --chmod=755 probe /bin/probe
COPY --chmod=755 busybox /bin/sh
`, map[string]string{"busybox": busybox(t)})
	results, err := structure.Check(t.Context(), parse(t, "f.yaml", `
schemaVersion: 2.0.0
commandTests:
- name: sees what setup did
  setup: [[probe, write, /x/it's, a, b], [probe, symlink, "it's", /x/l]]
  command: probe
  args: [cat, /x/l]
  expectedOutput: ['^a b$']
  teardown: [[probe, exists, /x/l]]
- name: another container
  command: probe
  args: [exists, /x/l]
  exitCode: 1
- name: setup fails
  setup: [[probe, err, why, ;, exit, "2"]]
  command: probe
- name: teardown fails
  command: probe
  teardown: [[probe, err, why, ;, exit, "2"]]
`), img, runner)
	if err != nil {
		t.Fatal(err)
	}
	want := `ok commandTests: sees what setup did
ok commandTests: another container
FAIL commandTests: setup fails
     setup 1 (probe err why ; exit 2) ended with exit code 2: why
ok commandTests: teardown fails
     warning: teardown 1 (probe err why ; exit 2) ended with exit code 2: why
`
	if got := show(results); got != want {
		t.Errorf("got %s", got)
	}
}

// busybox is this machine's static one. Without it the test is skipped; where
// CI=true it fails.
func busybox(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/bin/busybox.static", "/bin/busybox", "/usr/bin/busybox"} {
		if program, err := os.ReadFile(path); err == nil {
			return string(program)
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no static busybox: install busybox-static")
	}
	t.Skip("no static busybox: install busybox-static")
	return ""
}
