package ci_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/ci"
)

func describe(t *testing.T, dir string, lookup func(string) string) ci.Environment {
	t.Helper()
	e, err := ci.Describe(t.Context(), dir, lookup)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestDescribeOutsideCI(t *testing.T) {
	dir := repo(t)
	git(t, dir, "remote", "add", "origin", "git@git.example.com:acme/shop.git")
	git(t, dir, "tag", "v1.4.2")
	e := describe(t, dir, lookup(""))
	if got, want := line(e), " branch=main tag=v1.4.2 secrets"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if e.Commit != e.Git.Commit || e.Slug != "acme/shop" || e.Dirty || e.Notes != nil {
		t.Errorf("got %+v", e)
	}
}

func TestDescribeNothingKnown(t *testing.T) {
	e := describe(t, t.TempDir(), lookup("CI=true"))
	if !reflect.DeepEqual(e, ci.Environment{Secrets: true}) {
		t.Errorf("got %+v", e)
	}
	if got := e.CandidateTag(); got != "local" {
		t.Errorf("candidate %q", got)
	}
	if got := e.Labels(); len(got) != 0 {
		t.Errorf("labels %v", got)
	}
}

// TestDescribeWhoIsBelieved lays each kind of build over a checkout of main
// that has a tag: what git sees there must not get into a pull request.
func TestDescribeWhoIsBelieved(t *testing.T) {
	dir := repo(t)
	git(t, dir, "tag", "v9.9.9")
	head := git(t, dir, "rev-parse", "HEAD")
	tests := map[string]string{
		"travis-push":                 "push branch=main secrets",
		"travis-pr-fork":              "pull-request pr=24 feature/cart→main fork",
		"travis-tag":                  "tag tag=v1.4.2+build.5 secrets",
		"jenkins-multibranch":         "push branch=feature/cart secrets",
		"jenkins-multibranch-pr-fork": "pull-request pr=24 main→main fork",
		"jenkins-pipeline":            " branch=main tag=v9.9.9 secrets",
		"jenkins-freestyle-detached":  " branch=main tag=v9.9.9 secrets",
		"github-dispatch":             " branch=main secrets",
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			e := describe(t, dir, fixture(t, name))
			if got := line(e); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if e.Commit != head {
				t.Errorf("commit %s, want the checkout's %s", e.Commit, head)
			}
		})
	}
}

func TestDescribeNotesAnotherCommit(t *testing.T) {
	dir := repo(t)
	head := git(t, dir, "rev-parse", "HEAD")
	e := describe(t, dir, fixture(t, "travis-push"))
	want := "the checkout is at commit " + head[:12] + ", travis says " + commit[:12] + ": the checkout counts"
	if len(e.Notes) != 1 || e.Notes[0] != want {
		t.Errorf("notes %q, want %q", e.Notes, want)
	}
	same := describe(t, dir, lookup("TRAVIS=true\nTRAVIS_COMMIT="+strings.ToUpper(head)))
	if same.Notes != nil {
		t.Errorf("the same commit gave notes %q", same.Notes)
	}
}

func TestDescribeDirty(t *testing.T) {
	dir := repo(t)
	laptop, travis := lookup(""), fixture(t, "travis-push")
	check := func(what string, onLaptop, inCI bool) {
		t.Helper()
		if got := describe(t, dir, laptop).Dirty; got != onLaptop {
			t.Errorf("%s, laptop: dirty is %v", what, got)
		}
		if got := describe(t, dir, travis).Dirty; got != inCI {
			t.Errorf("%s, CI: dirty is %v", what, got)
		}
	}
	check("clean", false, false)
	write(t, filepath.Join(dir, "report.xml"), "")
	check("an untracked file", true, false)
	write(t, filepath.Join(dir, "a.txt"), "changed")
	check("a changed file", true, true)
	head := git(t, dir, "rev-parse", "HEAD")
	if got := describe(t, dir, travis).CandidateTag(); got != "git-"+head+"-dirty" {
		t.Errorf("candidate %q", got)
	}
}

func TestDescribeRefused(t *testing.T) {
	dir := repo(t)
	write(t, filepath.Join(dir, ".git", "config"), "[core\n")
	e, err := ci.Describe(t.Context(), dir, fixture(t, "travis-push"))
	if _, ok := errors.AsType[*ci.GitError](err); !ok {
		t.Errorf("got %v, want a GitError", err)
	}
	if e.Branch != "main" || e.Commit != commit {
		t.Errorf("what the CI said is lost: %+v", e)
	}
}

// TestDescribeGitHubEvent reads the file that alone tells forks.
func TestDescribeGitHubEvent(t *testing.T) {
	payload := func(repo any) string {
		text, err := json.Marshal(map[string]any{
			"number": 24, "pull_request": map[string]any{"head": map[string]any{"repo": repo}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	named := func(name string) string { return payload(map[string]any{"full_name": name, "fork": false}) }
	tests := []struct{ name, file, event, actor, want string }{
		{"same repository", "github-pr", named("Acme/Shop"), "", "pull-request pr=24 feature/cart→main secrets"},
		{"a fork", "github-pr", named("mallory/shop"), "", "pull-request pr=24 feature/cart→main fork"},
		{"a deleted fork", "github-pr", payload(nil), "", "pull-request pr=24 feature/cart→main fork"},
		{"dependabot", "github-pr", named("acme/shop"), "dependabot[bot]", "pull-request pr=24 feature/cart→main"},
		{"a fork on the target", "github-pr-target", named("mallory/shop"), "", "pull-request pr=24 feature/cart→main fork secrets"},
		{"garbage", "github-pr", "{", "", "pull-request pr=24 feature/cart→main fork"},
		{"no pull request", "github-push", named("acme/shop"), "", "push branch=feature/cart secrets"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "event.json")
			if err := os.WriteFile(path, []byte(tc.event), 0o644); err != nil {
				t.Fatal(err)
			}
			base := fixture(t, tc.file)
			e := describe(t, t.TempDir(), func(name string) string {
				switch {
				case name == "GITHUB_EVENT_PATH":
					return path
				case name == "GITHUB_ACTOR" && tc.actor != "":
					return tc.actor
				}
				return base(name)
			})
			if got := line(e); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestLabels(t *testing.T) {
	dir := repo(t)
	git(t, dir, "remote", "add", "origin", "https://alice:s3cret@git.example.com/acme/shop.git")
	head := git(t, dir, "rev-parse", "HEAD")
	want := map[string]string{
		"org.opencontainers.image.revision": head,
		"org.opencontainers.image.source":   "https://git.example.com/acme/shop",
		"org.opencontainers.image.created":  "2026-01-02T03:04:05Z",
		"org.opencontainers.image.version":  head[:12],
	}
	check := func(what string) {
		t.Helper()
		if got := describe(t, dir, lookup("")).Labels(); !maps.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	check("no tag")
	git(t, dir, "tag", "latest-release")
	want["org.opencontainers.image.version"] = "latest-release"
	check("a tag that is no version")
	git(t, dir, "tag", "v1.4.2-rc.1+build.5")
	want["org.opencontainers.image.version"] = "1.4.2-rc.1+build.5"
	check("a version")
	write(t, filepath.Join(dir, "new"), "")
	want["org.opencontainers.image.version"] = head[:12] + "-dirty"
	want["org.opencontainers.image.revision"] = head + "-dirty"
	check("a dirty checkout")
}

// Files that do not count leave the others counting, tracked and not.
func TestDirtyApart(t *testing.T) {
	dir := repo(t)
	project := filepath.Join(dir, "project")
	if err := os.MkdirAll(filepath.Join(project, "deploy"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(project, "deploy", "values[1].yaml"), "a")
	write(t, filepath.Join(project, "main.go"), "a")
	git(t, dir, "add", ".")
	commitAll(t, dir, "project")
	apart := func(lookup func(string) string) bool {
		t.Helper()
		e := describe(t, project, lookup)
		dirty, err := e.DirtyApart(t.Context(), project, "deploy/values[1].yaml", "deploy/new.yaml")
		if err != nil {
			t.Fatal(err)
		}
		return dirty
	}
	local, inCI := lookup(""), fixture(t, "travis-push")
	if apart(local) {
		t.Error("a clean checkout is dirty")
	}
	write(t, filepath.Join(project, "deploy", "values[1].yaml"), "b")
	write(t, filepath.Join(project, "deploy", "new.yaml"), "b")
	if e := describe(t, project, local); !e.Dirty || apart(local) {
		t.Errorf("dirty %t, apart from the files %t", e.Dirty, apart(local))
	}
	write(t, filepath.Join(dir, "untracked"), "b")
	if !apart(local) || apart(inCI) {
		t.Errorf("with an untracked file it is dirty outside CI %t, in CI %t", apart(local), apart(inCI))
	}
	write(t, filepath.Join(project, "main.go"), "b")
	if !apart(inCI) {
		t.Error("another file that was changed is not seen")
	}
}
