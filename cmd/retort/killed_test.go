package main

import (
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// deployed is one service and one environment.
const deployed = `name: $PROJECT
services:
  app:
    build: .
    image: $REGISTRY/shop/app
x-retort:
  environments:
    staging: {}
`

// Nobody can clean up after SIGKILL but the next run.

func TestKilledBuild(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "", map[string]string{
		"compose.yaml": hanging,
		"Dockerfile":   probeDockerfile + `RUN ["/probe", "echo", "begun", ";", "hang"]` + "\n",
	})
	w.begin(t, "| begun", "build", "app").kill(t)

	w.write(t, "Dockerfile", probeDockerfile)
	w.run(t, "build")
	w.left(t)
}

func TestKilledTest(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "", map[string]string{"compose.yaml": hanging, "Dockerfile": probeDockerfile})
	w.run(t, "build")
	w.begin(t, "| begun", "test").kill(t)

	w.write(t, "compose.yaml", strings.NewReplacer("$PROJECT", w.project, "hang", `exit, "0"`).Replace(hanging))
	if got, want := w.run(t, "test"), w.project+" passed"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	w.left(t)
}

func TestKilledPush(t *testing.T) {
	t.Parallel()
	reg := newBlocking(t, sendsBlob)
	w := newWorkspace(t, reg.addr, map[string]string{"compose.yaml": deployed, "Dockerfile": probeDockerfile})
	w.run(t, "build", "app")
	reg.beginThere(t, w, "push").kill(t)
	if len(w.scratch(t)) == 0 {
		t.Error("the killed push left no layers in .retort/tmp: it was killed at another place")
	}

	if got, want := w.run(t, "push"), reg.digest(t, "shop/app:local"); got != want {
		t.Errorf("printed %q, the registry has %q", got, want)
	}
	w.left(t)
}

func TestKilledPromote(t *testing.T) {
	for name, path := range map[string]string{
		"before the tag":    "/manifests/staging",
		"before the record": "/manifests/retort.",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reg := newBlocking(t, func(r *http.Request) bool {
				return r.Method == http.MethodPut && strings.Contains(r.URL.Path, path)
			})
			w := newWorkspace(t, reg.addr, map[string]string{"compose.yaml": deployed, "Dockerfile": probeDockerfile})
			w.run(t, "build", "app")
			pushed := w.run(t, "push")
			reg.beginThere(t, w, "promote", "--to", "staging").kill(t)

			if got := w.run(t, "promote", "--to", "staging"); got != pushed {
				t.Errorf("printed %q, want %q", got, pushed)
			}
			if got := reg.digest(t, "shop/app:staging"); got != pushed {
				t.Errorf("staging is %q, want %q", got, pushed)
			}
			if n := strings.Count(w.run(t, "history", "staging", "--output", "json"), `"digest"`); n != 1 {
				t.Errorf("history has %d records, want 1", n)
			}
			w.left(t)
		})
	}
}

func TestKilledRollback(t *testing.T) {
	for name, path := range map[string]string{
		"before the tag":    "/manifests/staging",
		"before the record": "/manifests/retort.",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var puts atomic.Int32
			reg := newBlocking(t, func(r *http.Request) bool {
				return r.Method == http.MethodPut && strings.Contains(r.URL.Path, path) && puts.Add(1) == 3
			})
			w := newWorkspace(t, reg.addr, map[string]string{"compose.yaml": deployed, "Dockerfile": probeDockerfile})
			var images, releases []string
			for _, content := range []string{w.project, w.project + " again"} {
				w.write(t, "unique", content)
				images = append(images, w.run(t, "build", "app"))
				releases = append(releases, w.run(t, "push"))
				w.run(t, "promote", "--to", "staging")
			}
			if err := w.engine.RemoveImage(t.Context(), images[0]); err != nil { // the second has its names
				t.Error(err)
			}
			reg.beginThere(t, w, "rollback", "--in", "staging").kill(t)

			if got := w.run(t, "rollback", "--in", "staging"); got != releases[0] {
				t.Errorf("printed %q, want %q of %q", got, releases[0], releases)
			}
			if got := reg.digest(t, "shop/app:staging"); got != releases[0] {
				t.Errorf("staging is %q, want %q", got, releases[0])
			}
			if history := w.run(t, "history", "staging", "--output", "json"); strings.Count(history, `"action": "rollback"`) != 1 {
				t.Errorf("history is %s, want one rollback", history)
			}
			w.left(t)
		})
	}
}

// sendsBlob is true for the request that has a layer's bytes, or some of them.
func sendsBlob(r *http.Request) bool {
	return (r.Method == http.MethodPatch || r.Method == http.MethodPut) && strings.Contains(r.URL.Path, "/blobs/uploads/")
}

// blocking is a registry that never answers the first request that matches.
type blocking struct {
	addr    string
	reached chan struct{}
}

func newBlocking(t *testing.T, match func(*http.Request) bool) *blocking {
	t.Helper()
	b := &blocking{reached: make(chan struct{})}
	var once atomic.Bool
	b.addr = serveBehind(t, t.TempDir(), func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if !match(r) || !once.CompareAndSwap(false, true) {
			next.ServeHTTP(w, r)
			return
		}
		// The server sees that the client is gone only behind the body.
		_, _ = io.Copy(io.Discard, r.Body)
		close(b.reached)
		<-r.Context().Done()
	})
	return b
}

// beginThere runs retort until it waits for the answer.
func (b *blocking) beginThere(t *testing.T, w *workspace, args ...string) *process {
	t.Helper()
	return w.beginUntil(t, b.reached, args...)
}

// beginUntil runs a stage of retort until it has reached something.
func (w *workspace) beginUntil(t *testing.T, reached <-chan struct{}, args ...string) *process {
	t.Helper()
	p := w.begin(t, "==> "+args[0], args...)
	select {
	case <-reached:
	case <-p.done:
		t.Fatalf("retort %s ended too early:\n%s", strings.Join(args, " "), p.stderr.String())
	}
	return p
}

// digest is repository@digest of a reference, as the registry has it.
func (b *blocking) digest(t *testing.T, ref string) string {
	t.Helper()
	parsed, err := name.ParseReference(b.addr + "/" + ref)
	if err != nil {
		t.Fatal(err)
	}
	desc, err := remote.Head(parsed, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Context().Name() + "@" + desc.Digest.String()
}

// kill ends the process as nothing can be prepared for.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Kill); err != nil {
		t.Fatal(err)
	}
	p.end(t)
}
