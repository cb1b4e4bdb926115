package retort

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/state"
)

// builtEntry is what a build of orders leaves in the state, made just now.
func builtEntry(id string, took time.Duration) state.Service {
	return state.Service{Image: id, Built: time.Date(2026, 11, 24, 12, 0, 10, 0, time.UTC), Seconds: took.Seconds()}
}

// What a build was told is written down, and of what may be a secret its name
// alone.
func TestBuildOf(t *testing.T) {
	b := newBench(t, "orders")
	checkout, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b.Project.Dir = filepath.Join(checkout, "shop")
	context := filepath.Join(b.Project.Dir, "orders")
	for _, dir := range []string{context, filepath.Join(checkout, ".git")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(checkout, ".git", "HEAD"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	b.opts.Version = "1.2.0"
	b.opts.Env = []string{"NPM=npm-hunter2"}
	b.CI = ci.Environment{
		URL: "https://me:hunter2@jenkins.example.com/job/shop/42/", Branch: "main", Tag: "v1.4.2", Dirty: true,
		Git: ci.Git{Remote: "https://github.com/acme/shop"},
	}
	s := b.service("orders")
	s.Build = &project.Build{
		Context: context, Dockerfile: filepath.Join(checkout, "docker", "orders"), Target: "run", Platforms: []string{"linux/amd64"},
		Secrets: []project.Secret{{ID: "npmrc", Env: "NPM"}, {ID: "ca"}},
		Args: map[string]string{
			"GO_VERSION": "1.26", "EMPTY_TOKEN": "", "API_TOKEN": "abc", "DbPassword": "x", "NETRC": "login npm-hunter2",
			"https_proxy": "http://me:hunter2@proxy:3128/ http://you@proxy", "PLAIN": "a@b",
			"SSH_KEY": "x", "NPM_AUTH": "x", "AUTHOR": "Ann",
		},
	}
	b.Project.Services = []project.Service{s}
	got := b.buildOf(state.Service{}, builtEntry(imageID, 10*time.Second), s)
	want := &state.Build{
		Builder: "https://jenkins.example.com", Invocation: "https://jenkins.example.com/job/shop/42/", Version: "1.2.0",
		Started:  time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
		Finished: time.Date(2026, 11, 24, 12, 0, 10, 0, time.UTC), Repository: "https://github.com/acme/shop",
		Branch: "main", Tag: "v1.4.2", Modified: true,
		Context: "shop/orders", Dockerfile: "docker/orders", Target: "run", Platforms: []string{"linux/amd64"},
		Secrets: []string{"ca", "npmrc"},
		Args: map[string]string{
			"GO_VERSION": "1.26", "EMPTY_TOKEN": "", "API_TOKEN": "***", "DbPassword": "***", "NETRC": "login ***",
			"https_proxy": "http://***@proxy:3128/ http://***@proxy", "PLAIN": "a@b",
			"SSH_KEY": "***", "NPM_AUTH": "***", "AUTHOR": "Ann",
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

// A build that made the same image in the same way is no news. One of another
// image, or of another branch, is.
func TestBuildThatIsNoNews(t *testing.T) {
	b := newBench(t, "orders")
	s := b.service("orders")
	old := builtEntry(imageID, time.Second)
	old.Build = b.buildOf(state.Service{}, old, s)
	if old.Build.Builder != unwatched {
		t.Errorf("without a CI the builder is %s", old.Build.Builder)
	}
	later := builtEntry(imageID, 2*time.Second)
	b.CI.URL = "https://jenkins.example.com/job/shop/43/"
	if got := b.buildOf(old, later, s); got == old.Build {
		t.Error("a build by a CI server took over what a laptop said")
	}
	b.CI.URL = ""
	if got := b.buildOf(old, later, s); got != old.Build {
		t.Errorf("the same image again is %+v", got)
	}
	if got := b.buildOf(old, builtEntry("sha256:another", time.Second), s); got == old.Build {
		t.Error("another image has the build of the one before")
	}
	b.CI.Branch = "feature"
	if got := b.buildOf(old, later, s); got.Branch != "feature" {
		t.Errorf("another branch has the build %+v", got)
	}
}

// Provenance is attached once, to the image that it is about alone.
func TestAttachProvenance(t *testing.T) {
	b := newBench(t, "orders")
	img := image(t)
	config, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	repository := b.service("orders").Image
	subject := repository + "@" + b.pushImage(t, img, repository+":1")
	another := repository + "@" + b.push(t, repository+":2")
	entry := builtEntry(config.String(), time.Second)
	entry.Bases = []engine.Base{
		{Name: "docker.io/library/node:22", Digest: imageID},
		{Name: "docker.io/library/alpine:3", Digest: imageID},
		{Name: "docker.io/library/node:22", Digest: imageID},
		{Name: "made-here"},
	}
	entry.Build = b.buildOf(state.Service{}, entry, b.service("orders"))
	entry.Build.Secrets, entry.Build.Args = []string{"token"}, map[string]string{"token": "***", "A": "1"}
	run := state.Run{Commit: commit, Services: map[string]state.Service{"orders": entry, "bare": {Image: config.String()}}}
	for range 2 { // again changes nothing
		for _, at := range []string{subject, another} {
			if err := b.attachProvenance(t.Context(), run, "orders", at); err != nil {
				t.Fatal(err)
			}
		}
	}
	// One that was built by a retort that kept nothing, or not here at all.
	for _, service := range []string{"bare", "unknown"} {
		if err := b.attachProvenance(t.Context(), run, service, subject); err != nil {
			t.Fatal(err)
		}
	}
	if found := b.artifacts(t, another); len(found) != 0 {
		t.Errorf("another image has %d statements", len(found))
	}
	found := b.artifacts(t, subject)
	if len(found) != 1 {
		t.Fatalf("the image has %d statements, want 1", len(found))
	}
	got, err := evidence.ParseProvenance(found[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	_, digest, _ := strings.Cut(subject, "@")
	want := evidence.Provenance{
		Subjects: []evidence.Subject{{Name: repository, Digest: digest}}, Builder: unwatched, BuildType: evidence.BuildType,
		Started: entry.Build.Started, Finished: entry.Build.Finished,
		Source:     evidence.Source{Commit: commit},
		Parameters: evidence.Parameters{Service: "orders", Args: map[string]string{"A": "1"}, Secrets: []string{"token"}},
	}
	var bases []string
	for _, base := range got.BaseImages {
		bases = append(bases, base.Name)
	}
	if strings.Join(bases, " ") != "docker.io/library/alpine:3 docker.io/library/node:22" {
		t.Errorf("base images are %v", bases)
	}
	got.BaseImages = nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

// artifacts are what a registry holds about an image.
func (b *bench) artifacts(t *testing.T, image string, types ...string) []registry.Artifact {
	t.Helper()
	found, err := b.registry.Referrers(t.Context(), image, types...)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
