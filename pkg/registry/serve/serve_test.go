package serve_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry/serve"
)

func TestEverythingSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir)
	img := image(t)
	index, err := random.Index(512, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	evidence := referrerOf(t, img, "application/vnd.example.evidence")
	push(t, first.Addr(), "team/app:1", img)
	push(t, first.Addr(), "team/app:all", index)
	push(t, first.Addr(), "team/app@"+digest(t, evidence).String(), evidence)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := start(t, dir)
	got, err := remote.Image(parse(t, second.Addr(), "team/app:1"), remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if digest(t, got) != digest(t, img) {
		t.Errorf("pulled %s, pushed %s", digest(t, got), digest(t, img))
	}
	readAll(t, got)
	all, err := remote.Index(parse(t, second.Addr(), "team/app:all"), remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := all.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range manifest.Manifests {
		img, err := all.Image(child.Digest)
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, img)
	}
	if got := listed(t, second.Addr(), "team/app", digest(t, img), ""); len(got) != 1 || got[0] != digest(t, evidence).String() {
		t.Errorf("referrers %v, want %s", got, digest(t, evidence))
	}
}

func TestDelete(t *testing.T) {
	server := start(t, t.TempDir())
	img := image(t)
	push(t, server.Addr(), "team/app:1", img)
	manifest := "http://" + server.Addr() + "/v2/team/app/manifests/" + digest(t, img).String()
	if resp, body := do(t, http.MethodDelete, manifest, nil); resp.StatusCode != http.StatusAccepted {
		t.Errorf("delete: %s: %s", resp.Status, body)
	}
	for _, url := range []string{manifest, "http://" + server.Addr() + "/v2/team/app/manifests/1"} {
		if resp, _ := do(t, http.MethodHead, url, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("HEAD %s after delete: %s", url, resp.Status)
		}
	}
}

func TestUploadGoesOnAfterARestart(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir)
	resp, _ := do(t, http.MethodPost, "http://"+first.Addr()+"/v2/team/app/blobs/uploads/", nil)
	location := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusAccepted || !strings.HasPrefix(location, "/v2/team/app/blobs/uploads/") {
		t.Fatalf("begin: %s, Location %q", resp.Status, location)
	}
	resp, _ = do(t, http.MethodPatch, "http://"+first.Addr()+location, []byte("hello, "))
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("first chunk: %s", resp.Status)
	}
	location = resp.Header.Get("Location")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := start(t, dir)
	resp, body := do(t, http.MethodPatch, "http://"+second.Addr()+location, []byte("world"))
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("second chunk: %s: %s", resp.Status, body)
	}
	const sum = "sha256:09ca7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5b" // of "hello, world"
	commit := "http://" + second.Addr() + resp.Header.Get("Location") + "&digest=" + sum
	if resp, body := do(t, http.MethodPut, commit, nil); resp.StatusCode != http.StatusCreated {
		t.Fatalf("commit: %s: %s", resp.Status, body)
	}
	_, body = do(t, http.MethodGet, "http://"+second.Addr()+"/v2/team/app/blobs/"+sum, nil)
	if string(body) != "hello, world" {
		t.Errorf("blob is %q", body)
	}
}

func TestListenRefuses(t *testing.T) {
	dir := t.TempDir()
	server := start(t, dir)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		opts serve.Options
		says string
		hint string
		is   error
	}{
		"no directory":               {serve.Options{}, "no directory", "--dir", nil},
		"a directory that cannot be": {serve.Options{Dir: filepath.Join(file, "below")}, file, "--dir", syscall.ENOTDIR},
		"a directory in use":         {serve.Options{Dir: dir, Addr: "127.0.0.1:0"}, "served by another registry", "--dir", nil},
		"an address in use":          {serve.Options{Dir: t.TempDir(), Addr: server.Addr()}, server.Addr(), "--addr", syscall.EADDRINUSE},
		"an address that is none":    {serve.Options{Dir: t.TempDir(), Addr: "nowhere"}, "nowhere", "--addr", nil},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			_, err := serve.Listen(t.Context(), c.opts)
			if err == nil {
				t.Fatal("it listens")
			}
			if fault.SideOf(err) != fault.Usage || !strings.Contains(err.Error(), c.says) || !strings.Contains(fault.HintOf(err), c.hint) {
				t.Errorf("%v error %q, hint %q", fault.SideOf(err), err, fault.HintOf(err))
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v does not wrap %v", err, c.is)
			}
		})
	}
}

func TestARefusedAddressGivesTheDirectoryBack(t *testing.T) {
	busy, dir := start(t, t.TempDir()), t.TempDir()
	if _, err := serve.Listen(t.Context(), serve.Options{Dir: dir, Addr: busy.Addr()}); err == nil {
		t.Fatal("two servers listen on one address")
	}
	start(t, dir)
}

func TestServerEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	server, err := serve.Listen(ctx, serve.Options{Dir: dir, Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := server.Wait(); err != nil {
		t.Error(err)
	}
	if err := server.Close(); err != nil {
		t.Errorf("close after the end: %v", err)
	}
	start(t, dir) // the directory is free
}

func TestHandlerHoldsTheDirectory(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := serve.Handler(ctx, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := serve.Handler(t.Context(), dir); err == nil {
		t.Error("two handlers have one directory")
	}
}

// A client that stalls does not keep the server from ending.
func TestCloseCutsWhatDoesNotEnd(t *testing.T) {
	server := start(t, t.TempDir())
	resp, _ := do(t, http.MethodPost, "http://"+server.Addr()+"/v2/team/app/blobs/uploads/", nil)
	body, end := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "http://"+server.Addr()+resp.Header.Get("Location"), body)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		ended <- err
	}()
	if _, err := end.Write([]byte("the beginning")); err != nil { // returns when it was read
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	_ = end.Close() // net/http's client waits for its body before it tells the error
	if err := <-ended; err == nil {
		t.Error("the request ended well")
	}
}

// Whoever closes the server may remove its directory: no request writes on.
func TestNothingIsWrittenAfterClose(t *testing.T) {
	dir := t.TempDir()
	server := start(t, dir)
	resp, _ := do(t, http.MethodPost, "http://"+server.Addr()+"/v2/team/app/blobs/uploads/", nil)
	body, end := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "http://"+server.Addr()+resp.Header.Get("Location"), body)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	chunk := make([]byte, 1<<20)
	for range 32 { // more than sockets hold: the handler is at work
		if _, err := end.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	writing := make(chan struct{})
	go func() { // goes on until the server has gone
		defer close(writing)
		for {
			if _, err := end.Write(chunk); err != nil {
				return
			}
		}
	}()
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Errorf("a request was still writing: %v", err)
	}
	_ = end.Close()
	<-ended
	_ = body.Close()
	<-writing
	if _, err := os.Stat(dir); err == nil {
		t.Error("the directory came back")
	}
}

// A referrer that cannot be remembered is not acknowledged.
func TestAReferrerThatIsNotKeptIsRefused(t *testing.T) {
	dir := t.TempDir()
	addr := start(t, dir).Addr()
	img := image(t)
	push(t, addr, "team/app:1", img)
	evidence := referrerOf(t, img, evidenceType)
	push(t, addr, "other/app:evidence", evidence) // the subject is not there, which is allowed
	if err := os.RemoveAll(filepath.Join(dir, "referrers")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "referrers"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	raw, err := evidence.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	resp, _ := do(t, http.MethodPut, "http://"+addr+"/v2/other/app/manifests/evidence", raw, "Content-Type", string(types.OCIManifestSchema1))
	if resp.StatusCode != http.StatusInternalServerError || resp.Header.Get("OCI-Subject") != "" {
		t.Errorf("%s, OCI-Subject %q", resp.Status, resp.Header.Get("OCI-Subject"))
	}
}
