package ci_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/ci"
)

const commit = "1f0c7a5b3d9e8f6a4b2c1d0e9f8a7b6c5d4e3f2a"

// TestDetectEvents reads environments as the systems set them, and says what
// each is about in one line.
func TestDetectEvents(t *testing.T) {
	tests := map[string]string{
		"jenkins-multibranch":         "push branch=feature/cart secrets",
		"jenkins-multibranch-pr":      "pull-request pr=24 feature/cart→main secrets",
		"jenkins-multibranch-pr-fork": "pull-request pr=24 main→main fork",
		"jenkins-multibranch-tag":     "tag tag=v1.4.2 secrets",
		"jenkins-freestyle":           "push branch=main secrets",
		"jenkins-freestyle-cron":      "cron branch=main secrets",
		"jenkins-freestyle-detached":  " secrets",
		"jenkins-freestyle-ghprb":     "pull-request pr=24 feature/cart→main fork",
		"jenkins-pipeline":            " secrets",
		"travis-push":                 "push branch=main secrets",
		"travis-cron":                 "cron branch=main secrets",
		"travis-api":                  " branch=main secrets",
		"travis-tag":                  "tag tag=v1.4.2+build.5 secrets",
		"travis-pr":                   "pull-request pr=24 feature/cart→main secrets",
		"travis-pr-fork":              "pull-request pr=24 feature/cart→main fork",
		"travis-pr-fork-deleted":      "pull-request pr=24 feature/cart→main fork",
		"github-push":                 "push branch=feature/cart secrets",
		"github-dependabot":           "push branch=dependabot/go",
		"github-tag":                  "tag tag=v1.4.2 secrets",
		"github-schedule":             "cron branch=main secrets",
		"github-dispatch":             " branch=main secrets",
		"github-pr":                   "pull-request pr=24 feature/cart→main fork",
		"github-pr-target":            "pull-request feature/cart→main fork secrets",
		"gitlab-push":                 "push branch=feature/cart secrets",
		"gitlab-tag":                  "tag tag=v1.4.2 secrets",
		"gitlab-schedule-tag":         "cron tag=v1.4.2 secrets",
		"gitlab-web":                  " branch=main secrets",
		"gitlab-mr":                   "pull-request pr=24 feature/cart→main secrets",
		"gitlab-mr-fork":              "pull-request pr=24 feature/cart→main fork",
		"gitlab-mr-child":             "pull-request pr=24 feature/cart→main secrets",
		"drone-push":                  "push branch=main secrets",
		"drone-pr":                    "pull-request pr=24 feature/cart→main fork",
		"drone-tag":                   "tag tag=v1.4.2 secrets",
		"drone-cron":                  "cron branch=main secrets",
		"drone-promote":               " branch=main secrets",
		"woodpecker-push":             "push branch=main secrets",
		"woodpecker-pr":               "pull-request pr=24 feature/cart→main fork",
		"woodpecker-release":          "tag tag=v1.4.2 secrets",
		"woodpecker-cron":             "cron branch=main secrets",
		"woodpecker-manual":           " branch=main secrets",
	}
	for _, name := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			e := ci.Detect(fixture(t, name))
			if system, _, _ := strings.Cut(name, "-"); string(e.System) != system {
				t.Errorf("system is %q", e.System)
			}
			if got, want := line(e), tests[name]; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if e.Slug != "acme/shop" && name != "jenkins-pipeline" {
				t.Errorf("slug is %q", e.Slug)
			}
		})
	}
}

// line is the event, the references and who may what, in one line.
func line(e ci.Environment) string {
	s := string(e.Event)
	add := func(format string, value any) {
		if !reflect.ValueOf(value).IsZero() {
			s += fmt.Sprintf(format, value)
		}
	}
	add(" branch=%v", e.Branch)
	add(" tag=%v", e.Tag)
	add(" pr=%v", e.PullRequest)
	add(" %v", e.Head)
	add("→%v", e.Base)
	if e.Fork {
		s += " fork"
	}
	if e.Secrets {
		s += " secrets"
	}
	return s
}

func TestDetectBuild(t *testing.T) {
	tests := map[string]ci.Environment{
		"jenkins-multibranch": {
			BuildID: "jenkins-shop-feature%2Fcart-42", BuildNumber: "42", Job: "shop/feature%2Fcart",
			URL: "https://jenkins.example.com/job/shop/job/feature%252Fcart/42/",
		},
		"jenkins-pipeline": {BuildID: "jenkins-deploy-shop-7", BuildNumber: "7", Job: "deploy/shop"},
		"travis-push": {
			BuildID: "187654321", BuildNumber: "1234", Job: "1234.1",
			URL: "https://travis.example.com/acme/shop/builds/187654321",
		},
		"github-push": {
			BuildID: "1658821493", BuildNumber: "33", Job: "build",
			URL: "https://github.example.com/acme/shop/actions/runs/1658821493",
		},
		"gitlab-push": {
			BuildID: "5150", BuildNumber: "77", Job: "build image",
			URL: "https://gitlab.example.com/acme/shop/-/pipelines/5150",
		},
		"drone-push":      {BuildID: "88", BuildNumber: "88", Job: "default", URL: "https://drone.example.com/acme/shop/88"},
		"woodpecker-push": {BuildID: "99", BuildNumber: "99", Job: "image", URL: "https://woodpecker.example.com/repos/3/pipeline/99"},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			e := ci.Detect(fixture(t, name))
			got := ci.Environment{BuildID: e.BuildID, BuildNumber: e.BuildNumber, Job: e.Job, URL: e.URL}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if e.Commit != commit && name != "jenkins-pipeline" {
				t.Errorf("commit is %q", e.Commit)
			}
		})
	}
}

// A build is started by a person where the system says so, not by who made the
// commit.
func TestDetectActor(t *testing.T) {
	for name, want := range map[string]string{
		"jenkins-multibranch": "alice",
		"jenkins-freestyle":   "Alice Smith",
		"jenkins-pipeline":    "", // without the plugin
		"travis-api":          "",
		"github-push":         "alice",
		"github-dispatch":     "bob", // who ran it again
		"gitlab-push":         "alice",
		"drone-push":          "",
		"drone-promote":       "bob",
		"woodpecker-push":     "alice",
		"woodpecker-manual":   "bob",
	} {
		if got := ci.Detect(fixture(t, name)).Actor; got != want {
			t.Errorf("%s: started by %q, want %q", name, got, want)
		}
	}
}

func TestDetectNoSystem(t *testing.T) {
	want := ci.Environment{Secrets: true}
	for name, text := range map[string]string{
		"nothing":        "",
		"CI alone":       "CI=true\nBRANCH_NAME=main\nGIT_COMMIT=" + commit,
		"empty marks":    "TRAVIS=\nJENKINS_URL=\nBUILD_TAG= \nGITHUB_ACTIONS=",
		"switched off":   "TRAVIS=false\nGITLAB_CI=false",
		"another CI=…":   "CI=drone",
		"only a GIT_URL": "GIT_URL=https://git.example.com/acme/shop",
	} {
		t.Run(name, func(t *testing.T) {
			if got := ci.Detect(lookup(text)); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestDetectOddValues takes one variable of an environment away from what it
// should be.
func TestDetectOddValues(t *testing.T) {
	tests := []struct{ name, file, change, want string }{
		{"a number too large", "travis-pr", "TRAVIS_PULL_REQUEST=99999999999999999999", "pull-request feature/cart→main secrets"},
		{"a change without number", "jenkins-multibranch-pr", "CHANGE_ID=I8f3a", "pull-request feature/cart→main secrets"},
		{"no pull request, empty", "travis-push", "TRAVIS_PULL_REQUEST=", "push branch=main secrets"},
		{"a pull request, empty", "travis-pr", "TRAVIS_PULL_REQUEST=", "pull-request feature/cart→main secrets"},
		{"a branch of 300 letters", "travis-push", "TRAVIS_BRANCH=" + strings.Repeat("x", 300), "push branch=" + strings.Repeat("x", 300) + " secrets"},
		{"an option for a branch", "travis-push", "TRAVIS_BRANCH=-rf", "push branch=-rf secrets"},
		{"a Chinese branch", "jenkins-multibranch", "BRANCH_NAME=功能/购物车", "push branch=功能/购物车 secrets"},
		{"full branch name", "jenkins-freestyle", "GIT_BRANCH=refs/heads/main", "push branch=main secrets"},
		{"remote branch name", "jenkins-freestyle", "GIT_BRANCH=refs/remotes/origin/main", "push branch=main secrets"},
		{"a tag in GIT_BRANCH", "jenkins-freestyle", "GIT_BRANCH=origin/tags/v2", "tag tag=v2 secrets"},
		{"a full tag in GIT_BRANCH", "jenkins-freestyle", "GIT_BRANCH=refs/tags/v2", "tag tag=v2 secrets"},
		{"secrets withheld on a push", "travis-push", "TRAVIS_SECURE_ENV_VARS=false", "push branch=main"},
		{"dependabot's pull request", "github-pr-target", "GITHUB_ACTOR=dependabot[bot]", "pull-request feature/cart→main fork"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			base := fixture(t, tc.file)
			name, value, _ := strings.Cut(tc.change, "=")
			got := line(ci.Detect(func(n string) string {
				if n == name {
					return value
				}
				return base(n)
			}))
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestDetectRefusesWhatIsNoHash(t *testing.T) {
	for _, bad := range []string{"HEAD", commit[:12], commit + "0", strings.Repeat("z", 40)} {
		e := ci.Detect(lookup("TRAVIS=true\nTRAVIS_COMMIT=" + bad))
		if e.Commit != "" {
			t.Errorf("%q became commit %q", bad, e.Commit)
		}
	}
	long := strings.Repeat("AB", 32)
	if e := ci.Detect(lookup("TRAVIS=true\nTRAVIS_COMMIT=" + long)); e.Commit != strings.ToLower(long) {
		t.Errorf("SHA-256 %q became %q", long, e.Commit)
	}
}

// FuzzDetect checks what every caller relies on, whatever the variables hold.
func FuzzDetect(f *testing.F) {
	for _, name := range fixtures(f) {
		f.Add(read(f, name))
	}
	f.Add("BUILD_TAG=x\nGIT_URL=https://user:token@example.com/a\nCHANGE_ID=24")
	f.Fuzz(func(t *testing.T, text string) {
		get := lookup(text)
		e := ci.Detect(get)
		if again := ci.Detect(get); !reflect.DeepEqual(e, again) {
			t.Fatalf("two answers: %+v and %+v", e, again)
		}
		switch {
		case e.PullRequest < 0, e.PullRequest > 0 && e.Event != ci.PullRequest:
			t.Fatalf("event %q of pull request %d", e.Event, e.PullRequest)
		case e.Event == ci.PullRequest && (e.Branch != "" || e.Tag != ""):
			t.Fatalf("a pull request with branch %q, tag %q", e.Branch, e.Tag)
		case e.Event != ci.PullRequest && (e.Fork || e.Head != "" || e.Base != ""):
			t.Fatalf("no pull request, but %+v", e)
		case e.Branch != "" && e.Tag != "":
			t.Fatalf("both branch %q and tag %q", e.Branch, e.Tag)
		case e.Commit != "" && len(e.Commit) != 40 && len(e.Commit) != 64:
			t.Fatalf("commit %q", e.Commit)
		case e.System == ci.None && !reflect.DeepEqual(e, ci.Environment{Secrets: true}):
			t.Fatalf("no system, but %+v", e)
		}
	})
}

// fixtures are the names of the environments in testdata.
func fixtures(tb testing.TB) []string {
	tb.Helper()
	paths, err := filepath.Glob("testdata/*.env")
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no environments in testdata: %v", err)
	}
	for i, path := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(path), ".env")
	}
	slices.Sort(paths)
	return paths
}

func fixture(tb testing.TB, name string) func(string) string {
	tb.Helper()
	return lookup(read(tb, name))
}

func read(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".env"))
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// lookup reads NAME=value lines.
func lookup(text string) func(string) string {
	set := map[string]string{}
	for entry := range strings.SplitSeq(text, "\n") {
		name, value, _ := strings.Cut(entry, "=")
		set[name] = value
	}
	return func(name string) string { return set[name] }
}
