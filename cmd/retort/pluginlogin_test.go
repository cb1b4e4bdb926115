package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The credentials of the settings have the last word, those of other registries
// stay, and stores and contexts do not come along.
func TestPluginDockerConfig(t *testing.T) {
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".docker"), 0o755); err != nil {
		t.Fatal(err)
	}
	before := `{"auths":{"q.example.com":{"auth":"cTpx"}},"credsStore":"secretservice","currentContext":"x","credHelpers":{"r.example.com":"r","s.example.com":"s"}}`
	if err := os.WriteFile(filepath.Join(home, ".docker", "config.json"), []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		plugin plugin
		want   string
	}{
		{
			plugin{registry: "r.example.com", username: "me", password: "hunter2"},
			`{"auths":{"q.example.com":{"auth":"cTpx"},"r.example.com":{"auth":"bWU6aHVudGVyMg=="}},"credHelpers":{"s.example.com":"s"}}`,
		},
		{
			plugin{registry: hub, username: "me", password: "hunter2", config: "{}"},
			`{"auths":{"https://index.docker.io/v1/":{"auth":"bWU6aHVudGVyMg=="}}}`,
		},
		{plugin{config: `{"auths":{"q":{"auth":"cTpx"}}}`}, `{"auths":{"q":{"auth":"cTpx"}}}`},
		{plugin{config: `auths`}, "error: the setting config is no docker config"},
	} {
		_, getenv := variablesOf("HOME=" + home)
		got, err := test.plugin.dockerConfig(getenv)
		text := string(got)
		if err != nil {
			text = fmt.Sprintf("error: %v", err)
		}
		if text != test.want && (err == nil || !strings.HasPrefix(text, test.want)) {
			t.Errorf("got  %s\nwant %s", text, test.want)
		}
	}
}
