package registry

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/fault"
)

// A helper that waits for a person is given up, and named. (While it waits, the
// library asks no other one in this process.)
func TestHangingHelper(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("docker-credential-waits", "#!/bin/sh\nexec sleep 3\n", 0o755)
	write("config.json", `{"credHelpers": {"registry.example.com": "waits"}}`, 0o600)
	t.Setenv("DOCKER_CONFIG", dir)
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	chain := credentials(nil, 100*time.Millisecond, nil)
	repo, err := name.NewRepository("registry.example.com/app")
	if err != nil {
		t.Fatal(err)
	}
	_, err = authn.Resolve(t.Context(), chain, repo)
	if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), "docker-credential-waits has not answered after 100ms") {
		t.Errorf("error is %v on side %v", err, fault.SideOf(err))
	}
	if hint := fault.HintOf(err); !strings.Contains(hint, "docker-credential-waits get") {
		t.Errorf("hint is %q", hint)
	}
}

// What is found is told to whoever keeps secrets out of output.
func TestSecretsAreTold(t *testing.T) {
	dir := t.TempDir()
	config := `{"auths": {"registry.example.com": {"auth": "bWU6aHVudGVyMg=="}}}`
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOCKER_CONFIG", dir)
	var told []string
	repo, err := name.NewRepository("registry.example.com/app")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := authn.Resolve(t.Context(), credentials(nil, 0, func(s string) { told = append(told, s) }), repo); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(told, "hunter2") {
		t.Errorf("told %q", told)
	}
}
