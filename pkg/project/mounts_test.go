package project_test

import (
	"path/filepath"
	"reflect"
	"testing"

	"github.com/retort-ci/retort/pkg/project"
)

func TestMounts(t *testing.T) {
	p := compose(t, `services:
  db:
    image: x
    tmpfs: [/run]
    volumes:
      - data:/var/lib/db/
      - /scratch
      - { type: volume, source: data, target: /seen, read_only: true }
      - ./conf:/etc/db:ro
      - type: bind
        source: /srv
        target: /srv
      - { type: tmpfs, target: /plain }
      - { type: tmpfs, target: /tmp, read_only: true, tmpfs: { size: 1m, mode: 01777 } }
      - { type: tmpfs, target: /small, tmpfs: { size: 4096 } }
volumes:
  data: { name: kept-elsewhere }
`)
	run := p.Services[0].Run
	wantVolumes := []project.Volume{
		{Name: "data", Path: "/var/lib/db"},
		{Path: "/scratch"},
		{Name: "data", Path: "/seen", ReadOnly: true},
	}
	if !reflect.DeepEqual(run.Volumes, wantVolumes) {
		t.Errorf("volumes:\ngot  %+v\nwant %+v", run.Volumes, wantVolumes)
	}
	wantBinds := []project.Bind{
		{Source: filepath.Join(p.Dir, "conf"), Path: "/etc/db", ReadOnly: true, At: "compose.yaml:9:9"},
		{Source: "/srv", Path: "/srv", At: "compose.yaml:10:9"},
	}
	if !reflect.DeepEqual(run.Binds, wantBinds) {
		t.Errorf("binds:\ngot  %+v\nwant %+v", run.Binds, wantBinds)
	}
	wantTmpfs := []string{"/run", "/plain", "/tmp:ro,size=1048576,mode=1777", "/small:size=4096"}
	if !reflect.DeepEqual(run.Tmpfs, wantTmpfs) {
		t.Errorf("tmpfs:\ngot  %q\nwant %q", run.Tmpfs, wantTmpfs)
	}
	if len(p.Warnings) > 0 {
		t.Errorf("warnings: %q", p.Warnings)
	}
}

// A bind is told at the place that won, whatever that does to the count of
// mounts, and through aliases, merges and extends.
func TestPlaceOfBinds(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "compose.yaml"), []byte(`x-conf: &conf
  { type: bind, source: ./conf, target: /etc/db }
services:
  db:
    image: x
    volumes: [data:/data, ./a:/a, ./b:/b]
  web:
    image: x
    volumes:
      - *conf
      - ${FROM:-./c}:${TO:-/c}
      - { <<: *conf, target: /d }
  more:
    extends: web
volumes:
  data:
`))
	write(t, filepath.Join(dir, "compose.override.yaml"), []byte(`services:
  db:
    volumes: [./other:/a, ./e:/e]
`))
	p, err := project.Load(t.Context(), project.Options{Dir: dir, Env: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]map[string]string{
		"db": {
			"/a": "compose.override.yaml:3:15", "/b": "compose.yaml:6:35", "/e": "compose.override.yaml:3:27",
		},
		"web":  {"/etc/db": "compose.yaml:10:9", "/c": "compose.yaml:11:9", "/d": "compose.yaml:12:9"},
		"more": {"/etc/db": "compose.yaml:13:3", "/c": "compose.yaml:13:3", "/d": "compose.yaml:13:3"},
	} {
		s, err := p.Service(name)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, b := range s.Run.Binds {
			got[b.Path] = b.At
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
