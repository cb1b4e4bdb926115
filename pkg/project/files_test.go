package project_test

import (
	"path/filepath"
	"reflect"
	"testing"

	"github.com/retort-ci/retort/pkg/project"
)

func TestFiles(t *testing.T) {
	p := compose(t, `
services:
  web:
    image: x
    configs:
      - settings
      - { source: settings, target: etc/settings.json, uid: "1000", gid: "0", mode: 0440 }
      - { source: inline, target: /etc//app/../inline, mode: "0644" }
      - nothing
      - level
    secrets:
      - token
      - { source: token, target: short }
      - { source: password, target: /etc/password, mode: 0o400 }
configs:
  settings: { file: ./settings.json }
  inline: { content: "level=${LEVEL}\n" }
  nothing: { content: "" }
  level: { environment: LEVEL }
secrets:
  token: { environment: TOKEN }
  password: { file: /run/password }
`, "LEVEL=debug", "TOKEN=hidden")
	settings := filepath.Join(p.Dir, "settings.json")
	want := []project.File{
		{Path: "/settings", Source: settings},
		{Path: "/etc/settings.json", Source: settings, UID: 1000, Mode: 0o440},
		{Path: "/etc/inline", Content: "level=debug\n", Mode: 0o644},
		{Path: "/nothing"},
		{Path: "/level", Env: "LEVEL"},
		{Path: "/run/secrets/token", Env: "TOKEN", Secret: true},
		{Path: "/run/secrets/short", Env: "TOKEN", Secret: true},
		{Path: "/etc/password", Source: "/run/password", Secret: true, Mode: 0o400},
	}
	if got := p.Services[0].Run.Files; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if len(p.Warnings) > 0 {
		t.Errorf("warnings: %q", p.Warnings)
	}
}
