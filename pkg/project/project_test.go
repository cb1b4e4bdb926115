package project_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

// compose loads a compose file that must be fine.
func compose(t *testing.T, file string, env ...string) *project.Project {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	write(t, filepath.Join(dir, "compose.yaml"), []byte(file))
	p, err := project.Load(t.Context(), project.Options{Dir: dir, Env: slices.Concat([]string{}, env)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shop loads the sample project.
func shop(t *testing.T) *project.Project {
	t.Helper()
	p, err := project.Load(t.Context(), project.Options{Dir: "testdata/shop", Env: []string{"REGISTRY=127.0.0.1:5000"}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSample(t *testing.T) {
	p := shop(t)
	dir, err := filepath.Abs("testdata/shop")
	if err != nil {
		t.Fatal(err)
	}
	if p.Dir != dir {
		t.Errorf("Dir = %s, want %s", p.Dir, dir)
	}
	got, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(bytes.ReplaceAll(got, []byte(dir), []byte("$DIR")), '\n')
	const golden = "testdata/shop.golden.json"
	if *update {
		write(t, golden, got)
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the sample project differs from %s; got:\n%s", golden, got)
	}
}

func TestDockerfile(t *testing.T) {
	for _, tt := range []struct{ dir, name, want string }{
		{"orders", "", "orders"},
		{"My Orders_2", "", "myorders_2"},
		{"orders", "billing", "billing"},
	} {
		dir := filepath.Join(t.TempDir(), tt.dir)
		write(t, filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"))
		p, err := project.Load(t.Context(), project.Options{Dir: dir, Name: tt.name, Env: []string{}})
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != tt.want || p.Dir != dir || len(p.Files) > 0 || len(p.Environments) > 0 || len(p.Services) != 1 {
			t.Fatalf("in %s: %+v", tt.dir, p)
		}
		s := p.Services[0]
		if s.Name != tt.want || s.Image != "" || s.Build == nil || s.Build.Context != dir || s.Build.Dockerfile != "Dockerfile" {
			t.Errorf("in %s: service %+v, build %+v", tt.dir, s, s.Build)
		}
	}
}

func TestDockerfileInNamelessDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "___")
	write(t, filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"))
	_, err := project.Load(t.Context(), project.Options{Dir: dir, Env: []string{}})
	if fault.SideOf(err) != fault.Usage || !strings.Contains(err.Error(), dir) || fault.HintOf(err) == "" {
		t.Errorf("got %v, hint %q", err, fault.HintOf(err))
	}
}

func TestLoadInNoDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, nil)
	for _, dir := range []string{file, file + "-not-there"} {
		_, err := project.Load(t.Context(), project.Options{Dir: dir})
		if fault.SideOf(err) != fault.Usage || !strings.Contains(err.Error(), dir) {
			t.Errorf("in %s: %v", dir, err)
		}
	}
}

func TestLoadAfterCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := project.Load(ctx, project.Options{Dir: "testdata/shop"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// The name comes from the options, COMPOSE_PROJECT_NAME, the file and the
// directory, in this order.
func TestName(t *testing.T) {
	for _, tt := range []struct{ option, env, file, want string }{
		{"option", "env", "file", "option"},
		{"", "env", "file", "env"},
		{"", "", "file", "file"},
		{"", "", "", "shop"},
	} {
		opts := project.Options{Dir: filepath.Join(t.TempDir(), "Shop"), Name: tt.option, Env: []string{"NAME=" + tt.file}}
		file := "services: { a: { image: x } }\n"
		if tt.file != "" {
			file += "name: ${NAME}\n"
		}
		write(t, filepath.Join(opts.Dir, "compose.yaml"), []byte(file))
		if tt.env != "" {
			write(t, filepath.Join(opts.Dir, ".env"), []byte("COMPOSE_PROJECT_NAME="+tt.env+"\n"))
		}
		p, err := project.Load(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != tt.want {
			t.Errorf("%+v: name %q", tt, p.Name)
		}
	}
}

func TestEnvironmentOfTheProcess(t *testing.T) {
	t.Setenv("RETORT_TEST_IMAGE", "ours")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "compose.yaml"), []byte("services: { a: { image: '${RETORT_TEST_IMAGE:-other}' } }\n"))
	for _, tt := range []struct {
		env  []string
		want string
	}{{nil, "ours"}, {[]string{}, "other"}} {
		p, err := project.Load(t.Context(), project.Options{Dir: dir, Env: tt.env})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Services[0].Image; got != tt.want {
			t.Errorf("with Env %v: %q, want %q", tt.env, got, tt.want)
		}
	}
}

// The environment wins over .env, which is beside the first file.
func TestDotEnv(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".env"), []byte("A=wrong\n"))
	write(t, filepath.Join(dir, "ci", ".env"), []byte("A=1\nB=2\nC=$A$B${NOTHING-3}\n"))
	write(t, filepath.Join(dir, "ci", "shop.yaml"), []byte("services: { a: { image: '$A-$B-$C' } }\n"))
	p, err := project.Load(t.Context(), project.Options{Dir: dir, Files: []string{"ci/shop.yaml"}, Env: []string{"B=two"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Services[0].Image, "1-two-1two3"; got != want {
		t.Errorf("image %q, want %q", got, want)
	}
	if want := filepath.Join(dir, "ci"); p.Dir != want {
		t.Errorf("Dir %q, want %q", p.Dir, want)
	}
}

// compose-go logs through a process-wide logger; nothing may come out of it.
func TestNothingIsLogged(t *testing.T) {
	var logged bytes.Buffer
	standard := logrus.StandardLogger()
	out := standard.Out
	standard.SetOutput(&logged)
	t.Cleanup(func() { standard.SetOutput(out) })

	dir := t.TempDir()
	write(t, filepath.Join(dir, ".env"), []byte("A=$UNSET1\nB=${UNSET1:-x}$A\n"))
	write(t, filepath.Join(dir, "a.env"), []byte("C=$UNSET2\nINHERITED\n"))
	write(t, filepath.Join(dir, "compose.yaml"), []byte(`"version": "3.8"
services:
  a:
    image: x${UNSET3}
    env_file: a.env
    init: yes
    privileged: "Off"
    command: ["$UNSET4", "${A:-$UNSET5}/$UNSET6", "${UNSET7-}"]
`))
	p, err := project.Load(t.Context(), project.Options{Dir: dir, Env: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	if logged.Len() > 0 {
		t.Errorf("logged:\n%s", logged.String())
	}
	a := p.Services[0]
	if !a.Run.Init || a.Run.Privileged {
		t.Errorf("init %v, privileged %v", a.Run.Init, a.Run.Privileged)
	}
	if want := []string{"C="}; !slices.Equal(a.Run.Env, want) {
		t.Errorf("environment %q, want %q", a.Run.Env, want)
	}
	if want := []string{"", "/", ""}; !slices.Equal(a.Run.Command, want) {
		t.Errorf("command %q, want %q", a.Run.Command, want)
	}
}

func TestOrderOfEnvironments(t *testing.T) {
	p := compose(t, `
services: { a: { image: x } }
x-retort:
  environments:
    production: { after: staging }
    canary: { after: staging }
    staging: { after: qa }
    demo: {}
    qa:
`)
	var got []string
	for _, e := range p.Environments {
		got = append(got, e.Name)
	}
	if want := []string{"qa", "staging", "production", "canary", "demo"}; !slices.Equal(got, want) {
		t.Errorf("order %q, want %q", got, want)
	}
}

// No requires means every suite, an empty one means none.
func TestRequires(t *testing.T) {
	p := compose(t, "services: { a: { image: x } }\nx-retort: { environments: { a: {}, b: { requires: [] } } }\n")
	if a, b := p.Environments[0].Requires, p.Environments[1].Requires; a != nil || b == nil || len(b) > 0 {
		t.Errorf("requires %#v and %#v", a, b)
	}
}
