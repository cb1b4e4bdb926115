package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRegistrySecrets(t *testing.T) {
	dir := t.TempDir()
	write := func(text string, path ...string) {
		t.Helper()
		file := filepath.Join(append([]string{dir}, path...)...)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"auths": {"a.example.com": {"auth": "bWU6aHVudGVyMg=="}, "b.example.com": {"username": "me", "password": "swordfish"}},
		"credHelpers": {"c.example.com": "x"}}`, "docker", "config.json")
	write(`{"auths": {"a.example.com": {"identitytoken": "id-token", "registrytoken": "reg-token"}}}`, "home", ".docker", "config.json")
	write(`{"auths": {"a.example.com": {"auth": "bm90IGEgcGFpcg=="}}}`, "auth.json")
	write(`{"auths": {"a.example.com": {"auth": "%%%"}}}`, "run", "containers", "auth.json")
	write(`nothing`, "broken", "config.json")
	write(``, "directory", "config.json", "file")
	for name, test := range map[string]struct{ vars, want string }{
		"nothing":       {"", ""},
		"docker config": {"DOCKER_CONFIG=" + dir + "/docker HOME=" + dir + "/home", "bWU6aHVudGVyMg== hunter2 swordfish"},
		"home":          {"HOME=" + dir + "/home", "id-token reg-token"},
		"podman":        {"REGISTRY_AUTH_FILE=" + dir + "/auth.json XDG_RUNTIME_DIR=" + dir + "/run", "%%% bm90IGEgcGFpcg=="},
		"GitLab":        {`DOCKER_AUTH_CONFIG={"auths":{"a":{"auth":"bWU6aHVudGVyMg=="}}}`, "bWU6aHVudGVyMg== hunter2"},
		"broken":        {"DOCKER_CONFIG=" + dir + "/broken", ""},
		"a directory":   {"DOCKER_CONFIG=" + dir + "/directory", ""},
		"nowhere":       {"DOCKER_CONFIG=" + dir + "/nowhere HOME=" + dir + "/home", ""},
	} {
		getenv := func(name string) string {
			for pair := range strings.FieldsSeq(test.vars) {
				if value, ok := strings.CutPrefix(pair, name+"="); ok {
					return value
				}
			}
			return ""
		}
		got := slices.DeleteFunc(registrySecrets(getenv), func(s string) bool { return s == "" })
		slices.Sort(got)
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
