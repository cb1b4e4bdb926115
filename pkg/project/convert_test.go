package project_test

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/project"
)

func TestRun(t *testing.T) {
	for _, tt := range []struct {
		name string
		yaml string // of the service, besides its image
		want project.Run
	}{
		{"nothing said", "", project.Run{}},
		{
			"everything", `
    entrypoint: [/bin/run, -v]
    command: serve --port 80
    environment: { B: 2, A: "1", FROM_ENV: , NOT_SET: }
    user: "1000:1000"
    working_dir: /srv
    hostname: web
    tmpfs: /tmp:size=1m
    extra_hosts: { b.example.com: 127.0.0.2, a.example.com: "::1" }
    networks: { default: { aliases: [www] } }
    container_name: web-1
    cap_add: [NET_ADMIN]
    cap_drop: [ALL]
    privileged: true
    read_only: true
    init: true
    stop_signal: SIGINT
    mem_limit: 512m
    cpus: 0.1
    pids_limit: 100
    shm_size: 64m
    ulimits: { nproc: 65535, core: 0, nofile: { soft: 1024, hard: -1 }, memlock: -1 }
    security_opt: [no-new-privileges:false, seccomp=unconfined]
    expose: [9000, "80"]
    ports: ["8080:80", "53:53/udp", "7000-7001:7000-7001"]
    healthcheck: { test: curl -f localhost, interval: 1s, timeout: 2s, start_period: 3s, retries: 4 }`,
			project.Run{
				Entrypoint: []string{"/bin/run", "-v"},
				Command:    []string{"serve", "--port", "80"},
				Env:        []string{"A=1", "B=2", "FROM_ENV=here"},
				User:       "1000:1000",
				WorkingDir: "/srv",
				Hostname:   "web",
				Tmpfs:      []string{"/tmp:size=1m"},
				ExtraHosts: []string{"a.example.com:::1", "b.example.com:127.0.0.2"},
				Aliases:    []string{"www", "web-1"},
				CapAdd:     []string{"NET_ADMIN"},
				CapDrop:    []string{"ALL"},
				Privileged: true,
				ReadOnly:   true,
				Init:       true,
				StopSignal: "SIGINT",
				Memory:     512 << 20,
				NanoCPUs:   100_000_000,
				Pids:       100,
				ShmSize:    64 << 20,
				Ulimits: []project.Ulimit{
					{Name: "core"},
					{Name: "memlock", Soft: -1, Hard: -1},
					{Name: "nofile", Soft: 1024, Hard: -1},
					{Name: "nproc", Soft: 65535, Hard: 65535},
				},
				SecurityOpt: []string{"no-new-privileges:false", "seccomp=unconfined"},
				Ports:       []string{"53/udp", "80/tcp", "7000/tcp", "7001/tcp", "9000/tcp"},
				Health: &project.Healthcheck{
					Test:     []string{"CMD-SHELL", "curl -f localhost"},
					Interval: time.Second, Timeout: 2 * time.Second, StartPeriod: 3 * time.Second, Retries: 4,
				},
			},
		},
		{
			"limits in the deploy section", "\n    deploy: { resources: { limits: { cpus: '1.5', memory: 1g, pids: 7 } } }",
			project.Run{Memory: 1 << 30, NanoCPUs: 1_500_000_000, Pids: 7},
		},
		{"no limits, said so", "\n    mem_limit: -1\n    pids_limit: -1", project.Run{}},
		{"no network", "\n    network_mode: none", project.Run{NetworkMode: "none"}},
		{"the host's network", "\n    network_mode: host", project.Run{NetworkMode: "host"}},
		{"Compose's default network", "\n    network_mode: bridge", project.Run{}},
		{
			"health check off", "\n    healthcheck: { disable: true }",
			project.Run{Health: &project.Healthcheck{Disabled: true}},
		},
		{
			"health check none", "\n    healthcheck: { test: [NONE] }",
			project.Run{Health: &project.Healthcheck{Disabled: true}},
		},
		{
			"only an interval, the image's test", "\n    healthcheck: { interval: 1m30s }",
			project.Run{Health: &project.Healthcheck{Interval: 90 * time.Second}},
		},
		{
			"cleared, not unset", "\n    entrypoint: []\n    command: []",
			project.Run{Entrypoint: []string{}, Command: []string{}},
		},
		{
			"a dollar that is meant as such", "\n    command: [echo, $$HOME]",
			project.Run{Command: []string{"echo", "$HOME"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := compose(t, "services:\n  web:\n    image: x"+tt.yaml+"\n", "FROM_ENV=here")
			if got := p.Services[0].Run; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if len(p.Warnings) > 0 {
				t.Errorf("warnings: %q", p.Warnings)
			}
		})
	}
}

func TestEnvFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "one.env"), []byte("A=one\nB=one\nC=$A\n"))
	write(t, filepath.Join(dir, "two.env"), []byte("B=two\nD=$C$FROM_ENV\nE\nQUOTED='$A'\n"))
	write(t, filepath.Join(dir, "compose.yaml"), []byte(`
services:
  a:
    image: x
    env_file: [one.env, two.env, { path: none.env, required: false }]
    environment: { A: said }
`))
	p, err := project.Load(t.Context(), project.Options{Dir: dir, Env: []string{"FROM_ENV=here"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"A=said", "B=two", "C=one", "D=onehere", "QUOTED=$A"}
	if got := p.Services[0].Run.Env; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBuild(t *testing.T) {
	p := compose(t, `
services:
  plain:
    build: .
  full:
    build:
      context: ./src
      dockerfile: ../ci/Dockerfile
      target: run
      args: [A=1, FROM_ENV, NOT_SET]
      labels: { com.example.team: shop }
      additional_contexts: { lib: ../lib, base: docker-image://docker.io/library/golang:1.26 }
      platforms: [linux/amd64, linux/arm64]
      no_cache: true
      cache_from: [registry.example.com/app/cache, "type=local,src=cache"]
      cache_to: ["type=registry,ref=registry.example.com/app/cache,mode=max"]
      ssh: [default, "git=./id_git"]
      network: none
      extra_hosts: ["proxy:127.0.0.1"]
      secrets:
        - token
        - { source: password, target: npm }
  inline:
    build: { dockerfile_inline: "FROM scratch" }
secrets:
  token: { environment: TOKEN }
  password: { file: ./password }
`, "FROM_ENV=here")
	dir := p.Dir
	for name, want := range map[string]project.Build{
		"plain":  {Context: dir, Dockerfile: "Dockerfile"},
		"inline": {Context: dir, Inline: "FROM scratch"},
		"full": {
			Context:    filepath.Join(dir, "src"),
			Dockerfile: "../ci/Dockerfile",
			Target:     "run",
			Args:       map[string]string{"A": "1", "FROM_ENV": "here"},
			Labels:     map[string]string{"com.example.team": "shop"},
			Contexts: map[string]string{
				"lib":  filepath.Join(filepath.Dir(dir), "lib"),
				"base": "docker-image://docker.io/library/golang:1.26",
			},
			Secrets:    []project.Secret{{ID: "token", Env: "TOKEN"}, {ID: "npm", File: filepath.Join(dir, "password")}},
			Platforms:  []string{"linux/amd64", "linux/arm64"},
			NoCache:    true,
			CacheFrom:  []string{"registry.example.com/app/cache", "type=local,src=" + filepath.Join(dir, "cache")},
			CacheTo:    []string{"type=registry,ref=registry.example.com/app/cache,mode=max"},
			SSH:        []project.SSH{{ID: "default"}, {ID: "git", Path: filepath.Join(dir, "id_git")}},
			Network:    "none",
			ExtraHosts: []string{"proxy:127.0.0.1"},
		},
	} {
		s, err := p.Service(name)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*s.Build, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, *s.Build, want)
		}
	}
	if len(p.Warnings) > 0 {
		t.Errorf("warnings: %q", p.Warnings)
	}
}

func TestDependencies(t *testing.T) {
	p := compose(t, `
services:
  web:
    image: x
    depends_on:
      migrate: { condition: service_completed_successfully }
      db: { condition: service_healthy, restart: true }
      cache: { condition: service_started, required: false }
  migrate: { image: x, depends_on: [db] }
  db: { image: x }
  cache: { image: x, profiles: [fast] }
`, "COMPOSE_PROFILES=other,fast")
	web, err := p.Service("web")
	if err != nil {
		t.Fatal(err)
	}
	want := []project.Dependency{
		{Service: "cache", Condition: project.Started, Required: false},
		{Service: "db", Condition: project.Healthy, Required: true},
		{Service: "migrate", Condition: project.Completed, Required: true},
	}
	if !reflect.DeepEqual(web.DependsOn, want) {
		t.Errorf("got %+v, want %+v", web.DependsOn, want)
	}
	if cache, err := p.Service("cache"); err != nil || !reflect.DeepEqual(cache.Profiles, []string{"fast"}) {
		t.Errorf("cache: profiles %q, %v", cache.Profiles, err)
	}
}

// What need not be there is, as with Compose, unless its profile is not asked for.
func TestOptionalDependencies(t *testing.T) {
	const file = `
services:
  web:
    image: x
    depends_on:
      cache: { condition: service_started, required: false }
      needed: { condition: service_started }
      plain: { condition: service_started, required: false }
  cache: { image: x, profiles: [fast] }
  needed: { image: x, profiles: [fast] }
  plain: { image: x }
`
	for profiles, want := range map[string]string{"": "needed plain", "slow": "needed plain", "slow,fast": "cache needed plain", "*": "cache needed plain"} {
		p := compose(t, file, "COMPOSE_PROFILES="+profiles)
		closure, err := p.Closure("web")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range closure {
			got = append(got, s.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("of the profiles %q it needs %q, want %s", profiles, got, want)
		}
	}
}
