package retort

import (
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/project"
)

// commits makes that many in the project's directory, and gives their hashes.
func (b *bench) commits(t *testing.T, n int) []string {
	t.Helper()
	git := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = b.Project.Dir
		cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "--quiet")
	var hashes []string
	for range n {
		git("commit", "--quiet", "--allow-empty", "--message=one more")
		hashes = append(hashes, git("rev-parse", "HEAD"))
	}
	return hashes
}

func TestBehind(t *testing.T) {
	b := newBench(t, "billing", "orders")
	b.Project.Environments = []project.Environment{
		{Name: "staging", Tag: "staging"},
		{Name: "production", Tag: "live", After: "staging"},
		{Name: "europe", Tag: "europe", After: "staging"},
	}
	check := func(what string, want ...*Behind) {
		t.Helper()
		list, err := b.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []*Behind
		for _, st := range list[3:] { // of orders
			got = append(got, st.Behind)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: behind is %+v, want %+v", what, show(got), show(want))
		}
	}
	commits := b.commits(t, 3)
	check("nothing", nil, nil, nil)
	b.promoted(t, "billing", "staging", commits[2])
	b.promoted(t, "orders", "staging", commits[0])
	if _, err := b.Promote(t.Context(), PromoteOptions{Services: []string{"orders"}, To: "production"}); err != nil {
		t.Fatal(err)
	}
	check("the same", &Behind{"HEAD", 2}, &Behind{"staging", 0}, nil)
	b.promoted(t, "orders", "staging", commits[1])
	b.promoted(t, "orders", "staging", commits[2])
	b.push(t, b.service("orders").Image+":europe") // by other means
	check("two more", &Behind{"HEAD", 0}, &Behind{"staging", 2}, nil)
	b.promoted(t, "orders", "staging", other)
	check("of another checkout", nil, &Behind{"staging", 3}, nil)
}

// Environments may stand in the file in any order: one is compared with another
// while that is compared itself, which the race detector watches.
func TestBehindWhateverTheOrder(t *testing.T) {
	b := newBench(t, "orders")
	b.Project.Environments = []project.Environment{
		{Name: "production", Tag: "live", After: "canary"},
		{Name: "canary", Tag: "canary", After: "staging"},
		{Name: "staging", Tag: "staging"},
	}
	for _, env := range b.Project.Environments {
		b.push(t, b.service("orders").Image+":"+env.Tag) // by other means
	}
	list, err := b.Status(t.Context())
	if err != nil || len(list) != 3 {
		t.Errorf("%+v, %v", list, err)
	}
}

func show(list []*Behind) []string {
	said := make([]string, len(list))
	for i, b := range list {
		said[i] = "?"
		if b != nil {
			said[i] = b.Of + " " + strings.Repeat("|", b.Count)
		}
	}
	return said
}
