package retort_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/retort-ci/retort/pkg/internal/meter"
	"github.com/retort-ci/retort/pkg/internal/versus"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/registry/serve"
)

// promotion is a project of many services whose images are in a registry that
// takes 50 ms longer to answer than one on this machine does.
type promotion struct {
	b        *testing.B
	ctx      context.Context //nolint:containedctx // the benchmark's, less interrupts
	network  *meter.Meter
	addr     string
	dir      string // of the project
	program  string // retort itself
	services []string
	turns    int
}

// benchStore makes a directory for a registry's files, where scripts/bench found
// memory for it: how fast this machine's disk is, is not what is compared.
func benchStore() (string, error) { return os.MkdirTemp(os.Getenv("RETORT_BENCH_STORE"), "registry") }

func newPromotion(b *testing.B, services int) *promotion {
	b.Helper()
	ctx, stop := signal.NotifyContext(b.Context(), os.Interrupt, syscall.SIGTERM)
	b.Cleanup(stop)
	store, err := benchStore()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(store) })
	handler, err := serve.Handler(b.Context(), store)
	if err != nil {
		b.Fatal(err)
	}
	p := &promotion{b: b, ctx: ctx, network: meter.New(50 * time.Millisecond), dir: b.TempDir(), program: release(b, runtime.GOARCH)}
	server := httptest.NewServer(p.network.Before(handler))
	b.Cleanup(server.Close)
	p.addr = strings.TrimPrefix(server.URL, "http://")
	for i := range services {
		p.services = append(p.services, fmt.Sprintf("s%d", i))
	}
	p.write()
	p.push(strings.TrimSpace(p.run("git", "-C", p.dir, "rev-parse", "HEAD")))
	return p
}

// write commits the project file.
func (p *promotion) write() {
	p.b.Helper()
	text := "name: shop\nservices:\n"
	for _, s := range p.services {
		text += fmt.Sprintf("  %s: {build: ., image: %s/shop/%s}\n", s, p.addr, s)
	}
	text += "x-retort:\n  environments:\n    production: {repository: \"" + p.addr + "/${TURN:-t}/{{.Service}}\", tag: live}\n"
	if err := os.WriteFile(filepath.Join(p.dir, "compose.yaml"), []byte(text), 0o600); err != nil {
		p.b.Fatal(err)
	}
	p.run("git", "-C", p.dir, "init", "-q")
	p.run("git", "-C", p.dir, "add", ".")
	p.run("git", "-C", p.dir, "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-qm", "Bench")
}

// push leaves a candidate of five layers for every service, as
// `retort build --push` does.
func (p *promotion) push(commit string) {
	p.b.Helper()
	c := registry.New(registry.Options{Keychain: authn.NewMultiKeychain()})
	defer c.Close()
	for _, s := range p.services {
		img, err := random.Image(100<<10, 5)
		if err != nil {
			p.b.Fatal(err)
		}
		if _, err := c.Push(p.ctx, img, p.addr+"/shop/"+s+":git-"+commit, p.addr+"/shop/"+s+":1"); err != nil {
			p.b.Fatal(err)
		}
	}
}

func (p *promotion) run(name string, args ...string) string {
	p.b.Helper()
	out, err := p.try("", name, args...)
	if err != nil {
		p.b.Fatal(err)
	}
	return out
}

func (p *promotion) try(input, name string, args ...string) (string, error) {
	p.turns++
	cmd := exec.CommandContext(p.ctx, name, args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("TURN=t%d", p.turns))
	cmd.Stdin = strings.NewReader(input)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, complaints.String())
	}
	return string(out), err
}

// BenchmarkVersusPromote is the whole of `retort promote`, with the gates asked,
// the evidence taken along and history kept, beside copies that have none of
// these.
func BenchmarkVersusPromote(b *testing.B) {
	p := newPromotion(b, 20)
	for _, c := range []struct {
		name     string
		services int
		limit    float64
	}{{"retort promote: 1 service, recorded", 1, 1.6}, {"retort promote: 20 services, recorded", 20, 0.8}} {
		b.Run(c.name, func(b *testing.B) { p.contest(b, c.name, p.services[:c.services], c.limit) })
	}
}

func (p *promotion) contest(b *testing.B, name string, services []string, limit float64) {
	b.Helper()
	ours := func() error {
		_, err := p.try("", p.program, append([]string{"-C", p.dir, "promote", "--to", "production"}, services...)...)
		return err
	}
	crane := func() error {
		lines := ""
		for _, s := range services {
			lines += fmt.Sprintf("%s/shop/%s:1 %s/t%d/%s:live\n", p.addr, s, p.addr, p.turns+1, s)
		}
		_, err := p.try(lines, "xargs", "-P8", "-L1", "crane", "copy")
		return err
	}
	missing := ""
	if _, err := exec.LookPath("crane"); err != nil {
		missing = "crane is not installed"
	}
	const peer = "xargs -P8 crane copy"
	costs := map[string]string{}
	versus.Run(b, versus.Work{
		Name: name, Ours: p.observed(costs, "", ours), Cost: func(name string) string { return costs[name] },
		Peers: []versus.Peer{{Name: peer, Limit: limit, Missing: missing, Do: p.observed(costs, peer, crane)}},
	})
}

// observed notes what the network saw of the last time.
func (p *promotion) observed(costs map[string]string, name string, do func() error) func() error {
	return func() error {
		p.network.Take()
		err := do()
		log := p.network.Take()
		costs[name] = fmt.Sprintf("%d requests, %d deep", len(log), log.Depth())
		return err
	}
}
