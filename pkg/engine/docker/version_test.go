package docker_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docker/docker/client"

	"github.com/retort-ci/retort/pkg/engine/docker"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
)

// A daemon that names its version in the header of each answer is not asked for it.
func TestVersion(t *testing.T) {
	t.Parallel()
	for server, asked := range map[string]bool{
		"Docker/99.9+dfsg1 (linux)": false,
		"Docker/":                   true,
		"Libpod/API/4.3.1 (linux)":  true,
		"":                          true,
	} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			wasAsked := false
			daemon := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Server", server)
				w.Header().Set("Api-Version", "1.41")
				if strings.HasSuffix(r.URL.Path, "/version") {
					wasAsked = true
					_, _ = io.WriteString(w, `{"Version":"99.9+dfsg1"}`)
				}
			}))
			defer daemon.Close()
			host := strings.Replace(daemon.URL, "http://", "tcp://", 1)
			e, err := docker.New(docker.Options{Host: host})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = e.Close() }()
			got, err := e.Describe(t.Context())
			if err != nil || got != "docker 99.9+dfsg1 at "+host || wasAsked != asked {
				t.Errorf("describe gave %q, %v; was /version asked: %v", got, err, wasAsked)
			}
		})
	}
}

// What the header says is what the API says.
func TestVersionOfTheEngine(t *testing.T) {
	t.Parallel()
	e := dockertest.Open(t)
	got, err := e.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	api, err := client.NewClientWithOpts(client.WithHost(e.Host()), client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = api.Close() }()
	v, err := api.ServerVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := "docker " + v.Version + " at " + e.Address(); got != want {
		t.Errorf("described as %q, want %q", got, want)
	}
}
