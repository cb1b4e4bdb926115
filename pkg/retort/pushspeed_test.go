package retort_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/internal/versus"
	"github.com/retort-ci/retort/pkg/registry/serve"
	"github.com/retort-ci/retort/pkg/retort"
)

// pushBench is an engine with images to push.
type pushBench struct {
	*dockertest.Engine
	ctx  context.Context //nolint:containedctx // the benchmark's, which a signal ends
	b    *testing.B
	self owner.Owner
}

func openPushBench(b *testing.B) *pushBench {
	b.Helper()
	ctx, eng, self := benchEngine(b)
	return &pushBench{Engine: eng, ctx: ctx, b: b, self: self}
}

// sizes are the layers of an image of so many megabytes: a distribution, what
// was installed upon it, the program, and small ones.
func sizes(megabytes int) []int {
	return []int{megabytes * 35 / 100, megabytes * 45 / 100, megabytes * 18 / 100, megabytes * 2 / 100, 0}
}

// image builds one of so many megabytes, of files that compress as those of
// real images do: to a bit less than half.
func (p *pushBench) image(name string, megabytes int) engine.Built {
	p.b.Helper()
	dockerfile := probe.Dockerfile
	dir := probe.Context(p.b, "", nil)
	for i, size := range sizes(megabytes) {
		p.fill(filepath.Join(dir, fmt.Sprint(i)), byte(i), size)
		dockerfile += fmt.Sprintf("COPY %d /layer%d\n", i, i)
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
		p.b.Fatal(err)
	}
	built, err := p.Build(p.ctx, engine.BuildSpec{Context: dir, Labels: p.self.Labels(), Tags: []string{name}})
	if err != nil {
		p.b.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		p.b.Fatal(err)
	}
	return built
}

// fill writes a directory of files of a megabyte, each a third of which is noise
// and the rest words.
func (p *pushBench) fill(dir string, seed byte, megabytes int) {
	p.b.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.b.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{seed})
	words := make([][]byte, 4096)
	for i := range words {
		words[i] = make([]byte, 3+i%12)
		_, _ = random.Read(words[i])
	}
	noise := make([]byte, 1024)
	for i := range max(megabytes, 1) {
		content := make([]byte, 0, 1<<20+4096)
		for len(content) < 1<<20 {
			_, _ = random.Read(noise)
			content = append(content, noise...)
			for end := len(content) + 2*len(noise); len(content) < end; {
				content = append(content, words[random.Uint64()%uint64(len(words))]...)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), content, 0o644); err != nil {
			p.b.Fatal(err)
		}
	}
}

// registry gives the address of an empty one, and its end.
func (p *pushBench) registry() (addr string, stop func(), err error) {
	dir, err := benchStore()
	if err != nil {
		return "", nil, err
	}
	server, err := serve.Listen(p.ctx, serve.Options{Dir: dir, Addr: "127.0.0.1:0"})
	if err != nil {
		return "", nil, err
	}
	return server.Addr(), func() { _, _ = server.Close(), os.RemoveAll(dir) }, nil
}

// push opens and closes everything, as a process of its own does.
func (p *pushBench) push(cache, image, ref string) error {
	pipe := retort.OpenPlain(retort.Options{Dir: p.b.TempDir(), CacheDir: cache, Env: []string{"DOCKER_HOST=" + p.Host()}})
	defer func() { _ = pipe.Close() }()
	_, err := pipe.PushImage(p.ctx, retort.PushImageOptions{Image: image, Refs: []string{ref}})
	return err
}

func (p *pushBench) command(name string, args ...string) error {
	cmd := exec.CommandContext(p.ctx, name, args...)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+p.Host())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// missing says why a program cannot be measured, empty if it can.
func missing(program string) string {
	if _, err := exec.LookPath(program); err != nil {
		return "not installed"
	}
	return ""
}

// cold pushes to a registry that has nothing, each time another.
func (p *pushBench) cold(push func(addr string) error) func() error {
	return func() error {
		addr, stop, err := p.registry()
		if err != nil {
			return err
		}
		defer stop()
		return push(addr)
	}
}

// BenchmarkVersusPushCold pushes all of an image. Ours is the library's call, in
// this process; the others are processes of their own. The engine's own push is
// measured with the name that it needs, given before and taken after.
func BenchmarkVersusPushCold(b *testing.B) {
	for _, size := range []struct{ megabytes, rounds int }{{210, 5}, {1024, 3}} {
		b.Run(fmt.Sprintf("%dMB", size.megabytes), func(b *testing.B) {
			p := openPushBench(b)
			name := fmt.Sprintf("retort.local/bench/push%d:%s", size.megabytes, p.self.Run)
			built := p.image(name, size.megabytes)
			versus.Run(b, versus.Work{
				Name: fmt.Sprintf("push cold from Docker, %d MB", size.megabytes), Rounds: size.rounds,
				Ours: p.cold(func(addr string) error { return p.push(b.TempDir(), built.ID, addr+"/bench/app:1") }),
				Peers: []versus.Peer{{
					Name: "docker push", Limit: 0.55, Missing: missing("docker"),
					Do: p.cold(func(addr string) error {
						ref := addr + "/bench/app:1"
						if err := p.command("docker", "tag", built.ID, ref); err != nil {
							return err
						}
						return errors.Join(p.command("docker", "push", ref), p.command("docker", "rmi", ref))
					}),
				}, {
					Name: "skopeo copy", Limit: 0.8, Missing: missing("skopeo"),
					Do: p.cold(func(addr string) error {
						return p.command("skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false",
							"docker-daemon:"+name, "docker://"+addr+"/bench/app:1")
					}),
				}},
			})
		})
	}
}

// changed builds images upon from that differ in a small layer on top, for each
// of those who push them.
func (p *pushBench) changed(from, repository string, n int) (next func() string) {
	p.b.Helper()
	var names []string
	for i := range n {
		name := fmt.Sprintf("%s:%d", repository, i+2)
		dir := probe.Context(p.b, "FROM "+from+"\nCOPY app /app\n", map[string]string{"app": name})
		if _, err := p.Build(p.ctx, engine.BuildSpec{Context: dir, Labels: p.self.Labels(), Tags: []string{name}}); err != nil {
			p.b.Fatal(err)
		}
		names = append(names, name)
	}
	return func() string {
		name := names[0]
		names = names[1:]
		return name
	}
}

// BenchmarkVersusPushChanged pushes an image of which the registry has all but
// a small layer on top, after the engine has pushed the one before. Then it
// pushes what the registry has already.
func BenchmarkVersusPushChanged(b *testing.B) {
	const rounds = 7
	p := openPushBench(b)
	addr, stop, err := p.registry()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(stop)
	repository := addr + "/bench/app"
	first := repository + ":1"
	p.image(first, 210)
	if err := p.command("docker", "push", first); err != nil {
		b.Skip(err)
	}
	next := p.changed(first, repository, 2*rounds)
	b.Run("top", func(b *testing.B) {
		versus.Run(b, versus.Work{
			Name: "push from Docker, top layer of 210 MB changed", Rounds: rounds,
			Ours: func() error {
				name := next()
				return p.push(b.TempDir(), name, name)
			},
			Peers: []versus.Peer{{Name: "docker push", Limit: 1.15, Do: func() error { return p.command("docker", "push", next()) }}},
		})
	})
	cache := b.TempDir()
	if err := p.push(cache, first, first); err != nil {
		b.Fatal(err)
	}
	b.Run("nothing", func(b *testing.B) {
		versus.Run(b, versus.Work{
			Name: "push from Docker, nothing changed", Rounds: rounds,
			Ours:  func() error { return p.push(cache, first, first) },
			Peers: []versus.Peer{{Name: "docker push", Limit: 0.5, Do: func() error { return p.command("docker", "push", first) }}},
		})
	})
}
