package retort

import (
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
)

// tagsOf gives the tags of the build for a service, without the repository. A
// fixed one has a "!" behind it.
func tagsOf(t *testing.T, p *Pipeline, s project.Service, more ...string) []string {
	t.Helper()
	tagger, err := p.newTagger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names, err := p.names(t.Context(), tagger, s, more)
	if err != nil {
		t.Fatal(err)
	}
	var tags []string
	for _, n := range names {
		tag := strings.TrimPrefix(n.ref, s.Image+":")
		if n.firmness == fixed {
			tag += "!"
		}
		tags = append(tags, tag)
	}
	return tags
}

func TestNames(t *testing.T) {
	const repo = "registry.example.com/shop/orders"
	at := func(e ci.Environment) ci.Environment {
		e.Commit = commit
		return e
	}
	for name, test := range map[string]struct {
		ci    ci.Environment
		tags  []string // of the project file
		more  []string
		image string
		want  string // behind git-<commit>
	}{
		"commit":                       {},
		"branch":                       {ci: ci.Environment{Branch: "main"}, want: "main"},
		"branch that is no tag":        {ci: ci.Environment{Branch: "feature/x"}, want: "feature-x-217d2bf5"},
		"a branch called as an option": {ci: ci.Environment{Branch: "-rf"}, want: "rf-686c39ac"},
		"a branch called as a release": {ci: ci.Environment{Branch: "1.4"}, want: "1.4-eff2e598"},
		"a branch called latest":       {ci: ci.Environment{Branch: "latest"}, want: "latest-df52d4bc"},
		"a branch called as a version": {ci: ci.Environment{Branch: "v1.4.2"}, want: "v1.4.2-d915a2fe"},
		"pull request":                 {ci: ci.Environment{Event: ci.PullRequest, PullRequest: 24, Head: "main", Base: "main"}, want: "pr-24"},
		"a change without number":      {ci: ci.Environment{Event: ci.PullRequest}},
		"pre-release":                  {ci: ci.Environment{Tag: "v1.4.2-rc.1"}, want: "1.4.2-rc.1"},
		"tag that is no version":       {ci: ci.Environment{Tag: "vendor"}, want: "vendor"},
		"tag that is half a version":   {ci: ci.Environment{Tag: "1.4"}, want: "1.4-eff2e598"},
		"more tags, each once":         {ci: ci.Environment{Branch: "main"}, more: []string{"main", "nightly", "nightly"}, want: "main nightly"},
		"a version of the caller's":    {more: []string{"1.4.2", "v2.0.0-rc.1", "1.4"}, want: "1.4.2! v2.0.0-rc.1! 1.4"},
		"templates": {
			ci: ci.Environment{Branch: "feature/x", BuildNumber: "42"}, more: []string{"{{.Branch}}-{{.BuildNumber}}", "{{.Version}}"},
			want: "feature-x-217d2bf5 feature-x-217d2bf5-42",
		},
		"templates of the file": {
			ci: ci.Environment{Branch: "main", BuildNumber: "42"}, tags: []string{"{{.BuildNumber}}", "{{.PullRequest}}", "{{slice .Commit 0 7}}"},
			want: "42 1b2a2f1",
		},
		"no tags in the file":              {ci: ci.Environment{Branch: "main"}, tags: []string{}},
		"a reference of the caller's":      {image: repo + ":1.2", want: "1.2"},
		"a version of the caller's, plain": {image: repo + ":1.2.3", want: "1.2.3!"},
		"a repository of the caller's":     {image: repo},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Pipeline{Project: &project.Project{Tags: test.tags}, CI: at(test.ci), opts: Options{Image: test.image}, sink: &told{}}
			got := tagsOf(t, p, project.Service{Image: repo}, test.more...)
			if want := strings.Fields("git-" + commit + " " + test.want); !slices.Equal(got, want) {
				t.Errorf("tags are %q, want %q", got, want)
			}
		})
	}
}

func TestNamesOfNoCommit(t *testing.T) {
	p := &Pipeline{Project: &project.Project{}, sink: &told{}}
	if got := tagsOf(t, p, project.Service{Image: "r/app"}); !slices.Equal(got, []string{"local"}) {
		t.Errorf("without a commit: %q", got)
	}
	p.CI = ci.Environment{Commit: commit, Branch: "main", Tag: "v1.4.2", PullRequest: 24, Dirty: true}
	want := []string{"git-" + commit + "-dirty", "nightly", commit + "-dirty"}
	if got := tagsOf(t, p, project.Service{Image: "r/app"}, "nightly", "{{.Branch}}", "{{.Commit}}"); !slices.Equal(got, want) {
		t.Errorf("changes are in no branch and no version: %q", got)
	}
}

// Names that differ give tags that differ, and none speaks for a release, a pull
// request or a commit.
func TestRefTagsDiffer(t *testing.T) {
	seen := map[string]string{}
	names := []string{
		"main", "feature/x", "feature-x", "feature_x", "feature x", "feature-x-217d2bf5", "-rf", "rf", "功能/购物车", "功能/购物", "",
		"1", "1.4", "1.4.2", "v1.4.2", "latest", "pr-24", "git-" + commit, "git-" + commit + "-dirty", "1.4-eff2e598",
		strings.Repeat("x", 128), strings.Repeat("x", 129), strings.Repeat("x", 300), strings.Repeat("购", 300),
	}
	for _, name := range names {
		tag := refTag(name)
		if err := registry.CheckReference("example.com/app:" + tag); err != nil {
			t.Errorf("%q gives %q: %v", name, tag, err)
		}
		if other, taken := seen[tag]; taken {
			t.Errorf("%q and %q both give %q", name, other, tag)
		}
		if _, version := ci.ParseVersion(name); tag == name && (ours.MatchString(name) || version) {
			t.Errorf("branch %q speaks for another kind", name)
		}
		seen[tag] = name
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
	p.CI = ci.Environment{Commit: commit, Branch: "staging", Secrets: true}
	if got, want := tagsOf(t, p, orders), []string{"git-" + commit}; !slices.Equal(got, want) {
		t.Errorf("a branch called like an environment is pushed as %q, want %q", got, want)
	}
	_, err := p.Push(t.Context(), PushOptions{Tags: []string{"staging"}})
	if fault.SideOf(err) != fault.Usage || !strings.Contains(fault.HintOf(err), "retort promote orders --to staging") {
		t.Errorf("--tag of an environment: %v, %q", err, fault.HintOf(err))
	}
}

// FuzzRefTag looks for two names that give one tag, and for one that gives none.
func FuzzRefTag(f *testing.F) {
	f.Add("feature/x", "feature-x")
	f.Add("1.4", "1.4-eff2e598")
	f.Add("v1.4.2", "1.4.2")
	f.Add("latest", "Latest")
	f.Add("功能", "功")
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.Contains(a+b, "\x00") {
			return // no name in git has one
		}
		one, other := refTag(a), refTag(b)
		if a != b && one == other {
			t.Errorf("%q and %q both give %q", a, b, one)
		}
		if err := registry.CheckReference("example.com/app:" + one); err != nil || ours.MatchString(one) {
			t.Errorf("%q gives %q (%v)", a, one, err)
		}
	})
}
