package registry_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/registry"
)

// debian starts Debian's docker-registry (distribution v2), behind a wire. The
// test is skipped where the package docker-registry is not installed.
func debian(t *testing.T) *wire {
	t.Helper()
	return debianIn(t, t.TempDir())
}

// debianIn keeps all in the directory.
func debianIn(t *testing.T, dir string) *wire {
	t.Helper()
	if _, err := exec.LookPath(distribution); err != nil {
		t.Skip("apt-get install docker-registry: ", err)
	}
	return listen(t, serveDebian(t, dir))
}

// distribution is the program of Debian's package docker-registry.
const distribution = "docker-registry"

// serveDebian starts the program over a directory and gives what forwards to it.
func serveDebian(t testing.TB, dir string) *httputil.ReverseProxy {
	t.Helper()
	addr := freeAddr(t)
	config := filepath.Join(t.TempDir(), "config.yml")
	text := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %q}, delete: {enabled: true}, cache: {blobdescriptor: inmemory}}\nhttp: {addr: %q, relativeurls: true}\nvalidation: {disabled: true}\n", dir, addr)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(t.Context(), distribution, "serve", config)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	answers(t, "http://"+addr+"/v2/")
	return httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
}

func freeAddr(t testing.TB) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// answers waits until a program that tells in no other way has begun to listen.
func answers(t testing.TB, at string) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			return
		}
		<-ticker.C
	}
	t.Fatalf("nobody answers at %s", at)
}

// conform is what has to work with any registry.
func conform(t *testing.T, w *wire) {
	other := embedded(t)
	c := client(t)
	img := single(t, 9<<20)
	want := digestOf(t, img)
	if _, err := c.Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
		t.Fatal(err)
	}
	first, err := c.Attach(t.Context(), w.addr+"/shop/orders:1", evidence("first"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Tag(t.Context(), w.addr+"/shop/orders:1", "staging"); err != nil {
		t.Fatal(err)
	}
	names(t, c, w.addr+"/shop/orders:staging", want)
	for _, to := range []string{w.addr, other.addr} {
		staged, err := c.Stage(t.Context(), w.addr+"/shop/orders@"+want, to+"/prod/orders", registry.StageOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Point(t.Context(), staged, "live"); err != nil {
			t.Fatal(err)
		}
		names(t, c, to+"/prod/orders:live", want)
		refersTo(t, c, staged.Ref(), first.Digest)
		if err := c.Whole(t.Context(), staged.Ref()); err != nil {
			t.Error(err)
		}
	}
	back, err := c.Stage(t.Context(), other.addr+"/prod/orders:live", w.addr+"/back/orders", registry.StageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	refersTo(t, c, back.Ref(), first.Digest)
	if _, err := c.AppendRecord(t.Context(), w.addr+"/prod/orders", registry.Record{Environment: "production", Action: registry.Promote, Digest: want}); err != nil {
		t.Fatal(err)
	}
	if records, err := c.History(t.Context(), w.addr+"/prod/orders", "production", 0); err != nil || len(records) != 1 {
		t.Errorf("%d records, %v", len(records), err)
	}
	stored(t, w, "back/orders", img)
}

// conformCut is what has to work with a registry that keeps uploads.
func conformCut(t *testing.T, w *wire) {
	for _, after := range []int64{1, 1 << 20, 8 << 20} {
		img := single(t, 9<<20)
		w.intercept(cutUploads(1, 1<<20, after))
		repository := fmt.Sprintf("cut/at%d", after)
		if _, err := client(t).Push(t.Context(), img, w.addr+"/"+repository+":1"); err != nil {
			t.Error(err)
		}
		stored(t, w, repository, img)
	}
	dir, img := t.TempDir(), single(t, 9<<20)
	killed(t, w, dir, img)
	w.intercept(nil)
	if _, err := clientWith(t, registry.Options{CacheDir: dir}).Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
		t.Error(err)
	}
	stored(t, w, "shop/orders", img)
}

func TestConformance(t *testing.T) {
	each(t, conform)
	t.Run("debian", func(t *testing.T) {
		w := debian(t)
		conform(t, w)
		conformCut(t, w)
	})
	for _, keeps := range []string{"embedded", "distribution"} {
		t.Run(keeps+" cut", func(t *testing.T) { conformCut(t, listen(t, backends(t)[keeps]())) })
	}
}
