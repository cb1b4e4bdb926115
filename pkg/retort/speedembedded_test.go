package retort_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/internal/versus"
	"github.com/retort-ci/retort/pkg/registry/serve"
)

// threeStages upon a base that a registry has: one that makes a program, one that
// tests it, and what runs.
const threeStages = `FROM BASE AS build
LABEL RUN
COPY source /source
RUN ["/probe", "copy", "/source", "/program"]
FROM build AS test
RUN ["/probe", "exists", "/program", ";", "write", "/report", "ok"]
FROM BASE
LABEL RUN
COPY --from=build /program /program
COPY --from=test /report /report
RUN ["/probe", "mkdir", "/data"]
`

// buildBench has a registry with a base, and a context to build upon it. What runs
// are processes, each from its start to its end.
type buildBench struct {
	b        *testing.B
	self     owner.Owner
	binary   string // retort, as it is released
	registry string
	context  string
	dir      string
	n        int
}

func newBuildBench(b *testing.B) *buildBench {
	b.Helper()
	server, err := serve.Listen(b.Context(), serve.Options{Dir: b.TempDir(), Addr: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Close() })
	p := &buildBench{b: b, self: owner.Self(time.Hour), registry: server.Addr(), dir: b.TempDir(), context: b.TempDir()}
	p.binary = release(b, runtime.GOARCH)
	base := p.registry + "/bench/base:1"
	p.files(p.context, "source", 8)
	label := owner.LabelRun + "=" + p.self.Run // Docker's classic builder leaves its stages
	p.file(p.context, "Dockerfile", strings.NewReplacer("BASE", base, "RUN\n", label+"\n").Replace(threeStages))
	from := b.TempDir()
	p.files(from, "system", 40)
	program, err := os.ReadFile(probe.Build(b))
	p.must(err)
	p.file(from, "probe", string(program))
	p.file(from, "Dockerfile", "FROM scratch\nCOPY . /\n")
	p.must(p.retort(p.fresh(), from, base, "--push"))
	return p
}

// files is one of so many megabytes, half of which is noise.
func (p *buildBench) files(dir, name string, megabytes int) {
	p.b.Helper()
	content := make([]byte, megabytes<<20)
	noise := rand.NewChaCha8([32]byte{byte(megabytes)})
	_, _ = noise.Read(content[:len(content)/2]) // never fails
	p.file(dir, name, string(content))
}

func (p *buildBench) file(dir, name, content string) {
	p.b.Helper()
	p.must(os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755))
}

func (p *buildBench) must(err error) {
	p.b.Helper()
	if err != nil {
		p.b.Fatal(err)
	}
}

// fresh is a directory that nobody has used, removed by who is done with it.
func (p *buildBench) fresh() string {
	p.n++
	return filepath.Join(p.dir, fmt.Sprint(p.n))
}

func (p *buildBench) run(env []string, program string, args ...string) error {
	cmd := exec.CommandContext(p.b.Context(), program, args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, out)
	}
	return nil
}

// retort builds a directory with the state directory, without Docker.
func (p *buildBench) retort(state, dir, ref string, more ...string) error {
	return p.run([]string{"RETORT_ENGINE=embedded", "RETORT_STATE_DIR=" + state, "DOCKER_HOST=unix:///nonexistent/docker.sock"},
		p.binary, append([]string{"build", "-t", ref, dir}, more...)...)
}

// buildctl builds the context on a daemon.
func (p *buildBench) buildctl(d *buildkitdtest.Daemon, output string) error {
	return p.run([]string{"BUILDKIT_HOST=" + d.Address}, d.Buildctl, "build", "--frontend", "dockerfile.v0",
		"--local", "context="+p.context, "--local", "dockerfile="+p.context, "--output", output)
}

// BenchmarkVersusEmbeddedCached builds what was built before. The daemon that
// buildctl asks runs already; ours opens its state and closes it each time.
func BenchmarkVersusEmbeddedCached(b *testing.B) {
	p := newBuildBench(b)
	state, daemon := p.fresh(), buildkitdtest.Start(b, buildkitdtest.Options{})
	ours := func() error { return p.retort(state, p.context, p.registry+"/bench/ours:1") }
	theirs := func() error { return p.buildctl(daemon, "type=image,name="+p.registry+"/bench/theirs:1") }
	p.must(errors.Join(ours(), theirs()))
	versus.Run(b, versus.Work{
		Name: "build without a daemon, all of it cached", Rounds: 9, Ours: ours,
		Peers: []versus.Peer{{Name: "buildctl", Limit: 1.0, Do: theirs}},
	})
}

// BenchmarkVersusEmbeddedCold builds and pushes on a machine that has nothing yet,
// with the start of whatever builds.
func BenchmarkVersusEmbeddedCold(b *testing.B) {
	p := newBuildBench(b)
	docker := dockertest.Open(b)
	b.Cleanup(func() { p.must(docker.Clear(context.WithoutCancel(b.Context()), p.self.Run)) })
	versus.Run(b, versus.Work{
		Name: "cold build of three stages, with push, without a daemon", Rounds: 5,
		Ours: func() error {
			state := p.fresh()
			return errors.Join(p.retort(state, p.context, p.ref("ours"), "--push"), os.RemoveAll(state))
		},
		Peers: []versus.Peer{{
			Name: "buildkitd + buildctl", Limit: 0.9,
			Do: func() error {
				root := p.fresh()
				daemon := buildkitdtest.Start(b, buildkitdtest.Options{Root: root})
				err := p.buildctl(daemon, "type=image,push=true,name="+p.ref("buildctl"))
				daemon.Kill()
				return errors.Join(err, os.RemoveAll(root))
			},
		}, {
			Name: "docker build, classic, + docker push", Limit: 0.5,
			Do: func() error { return p.classic(docker) },
		}},
	})
}

// ref is a name that the registry does not have.
func (p *buildBench) ref(who string) string {
	p.n++
	return fmt.Sprintf("%s/bench/%s%d:1", p.registry, who, p.n)
}

// classic is Docker's builder before BuildKit, which Debian's client still has.
func (p *buildBench) classic(docker *dockertest.Engine) error {
	ref, env := p.ref("classic"), []string{"DOCKER_BUILDKIT=0", "DOCKER_HOST=" + docker.Host()}
	err := errors.Join(
		p.run(env, "docker", "build", "--no-cache", "--pull", "-t", ref, p.context),
		p.run(env, "docker", "push", ref),
	)
	return errors.Join(err, p.run(env, "docker", "rmi", ref, p.registry+"/bench/base:1"))
}
