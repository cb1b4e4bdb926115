package docker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/store"
	"github.com/docker/docker/client"

	"github.com/retort-ci/retort/pkg/fault"
)

// environment makes a Getenv of pairs "NAME=value".
func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for _, p := range pairs {
			if k, v, _ := strings.Cut(p, "="); k == name {
				return v
			}
		}
		return ""
	}
}

// dockerConfig is a DOCKER_CONFIG directory with one context, named "remote".
func dockerConfig(t *testing.T, config, host string, tls *store.EndpointTLSData) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s := store.New(filepath.Join(dir, "contexts"), store.NewConfig(func() any { return &map[string]any{} },
		store.EndpointTypeGetter("docker", func() any { return &dockercontext.EndpointMetaBase{} })))
	err := s.CreateOrUpdate(store.Metadata{
		Name: "remote", Metadata: map[string]any{},
		Endpoints: map[string]any{"docker": dockercontext.EndpointMetaBase{Host: host}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if tls != nil {
		if err := s.ResetEndpointTLSMaterial("remote", "docker", tls); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestWhichDaemon(t *testing.T) {
	const remote = "tcp://127.0.0.1:2"
	current := "DOCKER_CONFIG=" + dockerConfig(t, `{"currentContext":"remote"}`, remote, nil)
	plain := "DOCKER_CONFIG=" + dockerConfig(t, `{}`, remote, nil)
	for name, c := range map[string]struct {
		host string
		env  []string
		want string
	}{
		"nothing said":              {"", []string{plain}, client.DefaultDockerHost},
		"no config at all":          {"", []string{"DOCKER_CONFIG=" + t.TempDir()}, client.DefaultDockerHost},
		"DOCKER_HOST":               {"", []string{current, "DOCKER_HOST=tcp://127.0.0.1:3", "DOCKER_CONTEXT=remote"}, "tcp://127.0.0.1:3"},
		"option before environment": {"unix:///run/other.sock", []string{current, "DOCKER_HOST=tcp://127.0.0.1:3"}, "unix:///run/other.sock"},
		"DOCKER_CONTEXT":            {"", []string{plain, "DOCKER_CONTEXT=remote"}, remote},
		"current context":           {"", []string{current}, remote},
		"default context":           {"", []string{current, "DOCKER_CONTEXT=default"}, client.DefaultDockerHost},
		"certificates and a socket": {"unix:///run/other.sock", []string{plain, "DOCKER_CERT_PATH=/no/where"}, "unix:///run/other.sock"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := New(Options{Host: c.host, Getenv: environment(c.env...)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = e.Close() }()
			if e.address != c.want {
				t.Errorf("daemon at %s, want %s", e.address, c.want)
			}
		})
	}
}

func TestWrongAddressIsTheUsersToMend(t *testing.T) {
	plain := "DOCKER_CONFIG=" + dockerConfig(t, `{}`, "tcp://127.0.0.1:2", nil)
	for name, c := range map[string]struct {
		env  []string
		want string // in the message
	}{
		"no address":      {[]string{plain, "DOCKER_HOST=nonsense"}, "nonsense"},
		"no such context": {[]string{plain, "DOCKER_CONTEXT=nosuch"}, "nosuch"},
		"broken config":   {[]string{"DOCKER_CONFIG=" + dockerConfig(t, `{"auths":`, "tcp://127.0.0.1:2", nil)}, "config.json"},
		"no certificates": {[]string{plain, "DOCKER_HOST=tcp://127.0.0.1:2", "DOCKER_CERT_PATH=/no/where"}, "/no/where"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(Options{Getenv: environment(c.env...)})
			if err == nil || fault.SideOf(err) != fault.Usage || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v (%v), want usage, naming %s", err, fault.SideOf(err), c.want)
			}
		})
	}
}
