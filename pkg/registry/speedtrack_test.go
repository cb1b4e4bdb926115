package registry_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/stream"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/internal/meter"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/registry/serve"
)

// farAway is what every request takes longer than on this machine.
const farAway = 50 * time.Millisecond

// track is where images are copied: two registries behind a network that is
// slow to answer. The registries are Debian's, which none of the contestants
// has written, or else the embedded one.
type track struct {
	b           *testing.B
	ctx         context.Context //nolint:containedctx // the benchmark's, less interrupts
	here, there string          // addresses
	network     *meter.Meter
	logs        map[string][]meter.Log // by contestant, one for each time
	copier      string                 // the program that uses this package
	home        string                 // of the programs: without this user's settings
	turns       int
}

func newTrack(b *testing.B) *track {
	b.Helper()
	ctx, stop := signal.NotifyContext(b.Context(), os.Interrupt, syscall.SIGTERM)
	b.Cleanup(stop)
	t := &track{b: b, ctx: ctx, network: meter.New(farAway), logs: map[string][]meter.Log{}, home: b.TempDir()}
	t.copier = filepath.Join(b.TempDir(), "copier")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", t.copier, "github.com/retort-ci/retort/pkg/internal/copier")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as retort itself
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for _, at := range []*string{&t.here, &t.there} {
		server := httptest.NewServer(t.network.Before(t.registry()))
		b.Cleanup(server.Close)
		*at = strings.TrimPrefix(server.URL, "http://")
	}
	return t
}

func (t *track) registry() http.Handler {
	t.b.Helper()
	// A directory that is no disk, where scripts/bench found one: how fast this
	// machine's is, and who else writes to it, is not what is compared.
	dir, err := os.MkdirTemp(os.Getenv("RETORT_BENCH_STORE"), "registry")
	if err != nil {
		t.b.Fatal(err)
	}
	t.b.Cleanup(func() { _ = os.RemoveAll(dir) })
	if _, err := exec.LookPath(distribution); err != nil {
		handler, err := serve.Handler(t.ctx, dir)
		if err != nil {
			t.b.Fatal(err)
		}
		return handler
	}
	proxy := serveDebian(t.b, dir)
	transport := &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true}
	t.b.Cleanup(transport.CloseIdleConnections)
	proxy.Transport = transport
	return proxy
}

// seed pushes as many images as there are references, of layers that they share
// and one of their own.
func (t *track) seed(layers, shared, own int64, refs ...string) {
	t.b.Helper()
	base, err := random.Image(shared, layers-1)
	if err != nil {
		t.b.Fatal(err)
	}
	c := registry.New(registry.Options{Keychain: anonymous()})
	defer c.Close()
	for _, ref := range refs {
		top, err := random.Layer(own, types.DockerLayer)
		if err != nil {
			t.b.Fatal(err)
		}
		img, err := mutate.AppendLayers(base, top)
		if err != nil {
			t.b.Fatal(err)
		}
		if _, err := c.Push(t.ctx, img, ref); err != nil {
			t.b.Fatal(err)
		}
	}
}

// stream pushes an image of such layers, none of which is held in memory.
func (t *track) stream(layers, size int64, ref string) {
	t.b.Helper()
	img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	for i := range layers {
		content := io.NopCloser(io.LimitReader(rand.New(rand.NewSource(i)), size)) //nolint:gosec // any bytes do
		var err error
		if img, err = mutate.AppendLayers(img, stream.NewLayer(content, stream.WithCompressionLevel(0))); err != nil {
			t.b.Fatal(err)
		}
	}
	c := registry.New(registry.Options{Keychain: anonymous()})
	defer c.Close()
	if _, err := c.Push(t.ctx, img, ref); err != nil {
		t.b.Fatal(err)
	}
}

// turn gives a word that no turn had before, for repositories and tags that
// nobody has written to.
func (t *track) turn() string {
	t.turns++
	return fmt.Sprintf("t%d", t.turns)
}

// observed runs what a contestant does and keeps what the network saw of it.
func (t *track) observed(contestant string, do func() error) func() error {
	return func() error {
		t.network.Take()
		err := do()
		t.logs[contestant] = append(t.logs[contestant], t.network.Take())
		return err
	}
}

// cost is for the table.
func (t *track) cost(contestant string) string {
	requests, depth, sent := t.spent(contestant)
	text := fmt.Sprintf("%d requests, %d deep", requests, depth)
	if sent > 1<<20 {
		text += fmt.Sprintf(", %d MB up", sent>>20)
	}
	return text
}

// spent is the most requests and bytes of any turn, but the least depth: a busy
// machine sends late what could have been sent at once.
func (t *track) spent(contestant string) (requests, depth int, sent int64) {
	for i, log := range t.logs[contestant] {
		requests, sent = max(requests, len(log)), max(sent, log.Sent())
		if deep := log.Depth(); i == 0 || deep < depth {
			depth = deep
		}
	}
	return requests, depth, sent
}

// ours copies by a process that uses this package.
func (t *track) ours(pairs ...string) error {
	_, err := t.peak(pairs...)
	return err
}

// peak copies and gives the most memory that the process had, in bytes.
func (t *track) peak(pairs ...string) (int64, error) {
	out, err := t.run(nil, t.copier, pairs...)
	if err != nil {
		return 0, err
	}
	var kB int64
	_, err = fmt.Sscanf(out, "%d kB", &kB)
	return kB << 10, err
}

// run runs a program to its end, with pairs of source and destination on its
// input, and gives what it prints.
func (t *track) run(pairs []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(t.ctx, name, args...)
	home := filepath.Join(t.home, t.turn()) // nothing is remembered between turns
	cmd.Env = append(os.Environ(), "HOME="+home, "DOCKER_CONFIG="+home, "XDG_DATA_HOME="+home, "REGCTL_CONFIG="+filepath.Join(home, "regctl.json"),
		"XDG_RUNTIME_DIR="+home, "_CONTAINERS_ROOTLESS_UID=1000") // or skopeo keeps its cache in /var/lib
	cmd.Stdin = strings.NewReader(strings.Join(pairs, "\n"))
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, complaints.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// missing says so where the machine does not have the program.
func missing(program string) string {
	if _, err := exec.LookPath(program); err != nil {
		return program + " is not installed"
	}
	return ""
}
