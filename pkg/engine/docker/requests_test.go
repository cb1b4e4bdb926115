package docker_test

import (
	"context"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// Each request costs a container time, on a busy daemon much of it: from start
// to exit code there are five, and one more that brings files.
func TestRequestsOfOneContainer(t *testing.T) {
	t.Parallel()
	direct, run := dockertest.Open(t), owner.Self(time.Hour)
	image := probe.Image(t, direct, run.Labels())
	t.Cleanup(func() {
		if err := direct.Clear(context.WithoutCancel(t.Context()), run.Run); err != nil {
			t.Error(err)
		}
	})
	var requests []string
	var mu sync.Mutex
	e := behind(t, func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		requests = append(requests, r.Method+" "+path.Base(r.URL.Path))
	})
	if _, err := e.InspectImage(t.Context(), image); err != nil { // negotiates the version
		t.Fatal(err)
	}
	for _, files := range [][]engine.File{nil, {{Path: "/a/b"}, {Path: "/c/d"}}} {
		requests = nil
		c, err := e.Start(t.Context(), engine.ContainerSpec{
			Image: image, Labels: run.Labels(), Cmd: []string{"exit", "3"}, Stdout: &strings.Builder{}, Files: files,
		})
		if err != nil {
			t.Fatal(err)
		}
		if code, err := c.Wait(t.Context()); code != 3 || err != nil {
			t.Errorf("wait gave %d, %v", code, err)
		}
		if err := c.Remove(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{"POST create", "PUT archive", "POST attach", "POST start", "POST wait", "DELETE " + c.ID()}
		if files == nil {
			want = slices.Delete(want, 1, 2)
		}
		if !slices.Equal(requests, want) {
			t.Errorf("requests are %v, want %v", requests, want)
		}
	}
}

// behind gives the daemon behind a proxy that tells of every request.
func behind(t *testing.T, tell func(*http.Request)) *docker.Engine {
	t.Helper()
	e, err := docker.New(docker.Options{Host: dockertest.Watch(t, tell)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}
