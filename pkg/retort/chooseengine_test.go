package retort

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	digest "github.com/opencontainers/go-digest"

	"github.com/retort-ci/retort/pkg/fault"
)

func TestChooseEngine(t *testing.T) {
	t.Parallel()
	away, hung := dockerConfig(t, "unix:///nonexistent/docker.sock"), dockerConfig(t, "unix://"+deafSocket(t))
	none := func() (Engine, error) { return nil, os.ErrNotExist }
	for name, c := range map[string]struct {
		engine   string
		env      []string
		embedded func() (Engine, error)
		want     EngineChoice
	}{
		"docker by name":        {engine: "docker", want: EngineChoice{Name: "docker"}},
		"embedded by name":      {engine: "embedded", embedded: none, want: EngineChoice{Name: "embedded"}},
		"a daemon by address":   {engine: "tcp://builder:1234", want: EngineChoice{Name: "tcp://builder:1234"}},
		"a name goes first":     {engine: "docker", env: []string{"BUILDKIT_HOST=tcp://b:1"}, want: EngineChoice{Name: "docker"}},
		"DOCKER_HOST":           {env: []string{"DOCKER_HOST=tcp://d:1", "BUILDKIT_HOST=tcp://b:1"}, want: EngineChoice{"docker", "DOCKER_HOST names it"}},
		"DOCKER_CONTEXT":        {engine: "auto", env: []string{"DOCKER_CONTEXT=far"}, want: EngineChoice{"docker", "DOCKER_CONTEXT names it"}},
		"BUILDKIT_HOST":         {env: []string{"BUILDKIT_HOST=tcp://b:1"}, embedded: none, want: EngineChoice{"tcp://b:1", "BUILDKIT_HOST names it"}},
		"no daemon":             {env: away, embedded: none, want: EngineChoice{"embedded", "no Docker daemon answers at unix:///nonexistent/docker.sock"}},
		"no daemon, no other":   {env: away, want: EngineChoice{"docker", "this program has no other"}},
		"a daemon that is mute": {env: hung, want: EngineChoice{"docker", "this program has no other"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ChooseEngine(t.Context(), Options{Engine: c.engine, Env: append([]string{}, c.env...), Embedded: c.embedded})
			if err != nil || got != c.want {
				t.Errorf("chose %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestNoSuchEngine(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"podman", "embedded"} { // this program has none
		if _, err := ChooseEngine(t.Context(), Options{Engine: name}); fault.SideOf(err) != fault.Usage {
			t.Errorf("%s gave %v, want a fault of usage", name, err)
		}
	}
}

// dockerConfig is an environment whose docker config has a current context.
func dockerConfig(t *testing.T, host string) []string {
	t.Helper()
	dir := t.TempDir()
	meta := filepath.Join(dir, "contexts", "meta", digest.FromString("here").Encoded())
	for path, content := range map[string]string{
		filepath.Join(dir, "config.json"): `{"currentContext":"here"}`,
		filepath.Join(meta, "meta.json"):  `{"Name":"here","Metadata":{},"Endpoints":{"docker":{"Host":"` + host + `"}}}`,
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"DOCKER_CONFIG=" + dir}
}

// deafSocket takes connections and never answers.
func deafSocket(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "deaf.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return path
}
