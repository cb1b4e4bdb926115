package retort

import (
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

func TestNames(t *testing.T) {
	const repo = "registry.example.com/shop/orders"
	for name, test := range map[string]struct {
		ci    ci.Environment
		tags  []string
		image string
		want  []string
	}{
		"no commit": {want: []string{"local"}},
		"commit":    {ci: ci.Environment{Commit: commit}, want: []string{"git-" + commit}},
		"branch": {
			ci:   ci.Environment{Commit: commit, Branch: "main"},
			want: []string{"git-" + commit, "main"},
		},
		"branch that is no tag": {
			ci:   ci.Environment{Commit: commit, Branch: "feature/x"},
			want: []string{"git-" + commit, "feature-x-217d2bf5"},
		},
		"version": {
			ci:   ci.Environment{Commit: commit, Tag: "v1.4.2"},
			want: []string{"git-" + commit, "1.4.2"},
		},
		"tag that is no version": {
			ci:   ci.Environment{Commit: commit, Tag: "vendor"},
			want: []string{"git-" + commit, "vendor"},
		},
		"changes are in no branch and no version": {
			ci:   ci.Environment{Commit: commit, Branch: "main", Tag: "v1.4.2", Dirty: true},
			want: []string{"git-" + commit + "-dirty"},
		},
		"more tags, each once": {
			ci:   ci.Environment{Commit: commit, Branch: "main"},
			tags: []string{"main", "nightly", "nightly"},
			want: []string{"git-" + commit, "main", "nightly"},
		},
		"a reference of the caller's": {
			ci: ci.Environment{Commit: commit}, image: repo + ":1.2",
			want: []string{"git-" + commit, "1.2"},
		},
		"a repository of the caller's": {
			ci: ci.Environment{Commit: commit}, image: repo,
			want: []string{"git-" + commit},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Pipeline{Project: &project.Project{}, CI: test.ci, opts: Options{Image: test.image}}
			var want []string
			for _, tag := range test.want {
				want = append(want, repo+":"+tag)
			}
			if got := p.names(project.Service{Image: repo}, test.tags); !slices.Equal(got, want) {
				t.Errorf("names are %q, want %q", got, want)
			}
		})
	}
}

func TestLocalNames(t *testing.T) {
	p := &Pipeline{Project: &project.Project{Name: "shop"}, CI: ci.Environment{Commit: commit}}
	suite := &project.Suite{Verifies: []string{"orders"}}
	for name, test := range map[string]struct {
		service project.Service
		want    string
	}{
		"deployable": {project.Service{Name: "orders", Image: "127.0.0.1:5000/shop/orders"}, "127.0.0.1:5000/shop/orders:git-" + commit},
		"support":    {project.Service{Name: "broker"}, "retort.local/shop/broker:git-" + commit},
		"suite":      {project.Service{Name: "e2e", Image: "127.0.0.1:5000/shop/e2e", Suite: suite}, "retort.local/shop/e2e:git-" + commit},
	} {
		got, err := p.localNames(test.service)
		if err != nil || !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s: names are %q (%v), want %q", name, got, err, test.want)
		}
	}
}

func TestSplitTag(t *testing.T) {
	for ref, want := range map[string][2]string{
		"app":                     {"app", ""},
		"app:1":                   {"app", "1"},
		"127.0.0.1:5000/app":      {"127.0.0.1:5000/app", ""},
		"127.0.0.1:5000/team/a:1": {"127.0.0.1:5000/team/a", "1"},
		"":                        {"", ""},
	} {
		if repository, tag := splitTag(ref); repository != want[0] || tag != want[1] {
			t.Errorf("splitTag(%q) gives %q, %q, want %q", ref, repository, tag, want)
		}
	}
}

func TestVersionTag(t *testing.T) {
	for tag, want := range map[string]string{"v1.4.2": "1.4.2", "v1": "1", "1.4.2": "1.4.2", "v": "v", "very": "very", "": ""} {
		if got := versionTag(tag); got != want {
			t.Errorf("versionTag(%q) gives %q, want %q", tag, got, want)
		}
	}
}

// What an environment reads is moved by promote alone, through its gates: a
// branch of that name must not be a way around them.
func TestPushLeavesEnvironmentsAlone(t *testing.T) {
	const repo = "registry.example.com/shop/orders"
	orders := project.Service{Name: "orders", Image: repo, Build: &project.Build{}}
	p := newPipeline(Options{})
	p.Project = &project.Project{
		Name: "shop", Services: []project.Service{orders},
		Environments: []project.Environment{{Name: "staging", Tag: "staging"}},
	}
	p.CI = ci.Environment{Commit: commit, Branch: "staging"}
	if got, want := p.names(orders, nil), []string{repo + ":git-" + commit}; !slices.Equal(got, want) {
		t.Errorf("a branch called like an environment is pushed as %q, want %q", got, want)
	}
	_, err := p.Push(t.Context(), PushOptions{Tags: []string{"staging"}})
	if fault.SideOf(err) != fault.Usage || !strings.Contains(fault.HintOf(err), "retort promote orders --to staging") {
		t.Errorf("--tag of an environment: %v, %q", err, fault.HintOf(err))
	}
}
