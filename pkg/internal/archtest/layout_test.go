package archtest_test

import (
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/archtest"
)

func TestRoot(t *testing.T) {
	full := "cmd pkg examples scripts go.mod go.sum Makefile .travis.yml Jenkinsfile README.md LICENSE"
	cases := []struct{ adds, lacks, finds string }{
		{"", "", ""},
		{".ci .gitignore .golangci.yml", "", ""},
		{"bin", "", ""},
		{"docs", "", "docs"},
		{"main.go", "", "main.go"},
		{"tmp", "", "tmp"},
		{"", "LICENSE", "LICENSE"},
		{"", ".travis.yml", ".travis.yml"},
	}
	for _, c := range cases {
		names := strings.Fields(strings.Replace(full, c.lacks, "", 1) + " " + c.adds)
		var found []string
		for _, v := range archtest.CheckRoot(names, "/bin/\n*.test\ntmp/\n") {
			found = append(found, v.Where)
		}
		if got := strings.Join(found, " "); got != c.finds {
			t.Errorf("with %q, without %q: found %q, want %q", c.adds, c.lacks, got, c.finds)
		}
	}
}

func TestMains(t *testing.T) {
	long := "package main\n" + strings.Repeat("\n", 25)
	for name, want := range map[string]int{"cmd/retort/main.go": 1, "cmd/retort/app.go": 0, "examples/library/main.go": 0} {
		if found := archtest.CheckMains([]archtest.File{parseText(t, name, long)}); len(found) != want {
			t.Errorf("%s of 26 lines: found %v, want %d", name, found, want)
		}
	}
	short := "package main\n" + strings.Repeat("\n", 24)
	report(t, archtest.CheckMains([]archtest.File{parseText(t, "cmd/retort/main.go", short)}))
}

func TestSizesFound(t *testing.T) {
	function := func(lines int) string { return "func f() {" + strings.Repeat("\n", lines-1) + "}\n" }
	cases := []struct {
		name, text string
		want       int
	}{
		{"pkg/a/b.go", "package p\n" + function(70), 0},
		{"pkg/a/b.go", "package p\n" + function(71), 1},
		{"pkg/a/b_test.go", "package p\n" + function(71), 0},
		{"pkg/a/b.go", "package p\n" + strings.Repeat("\n", 349), 0},
		{"pkg/a/b.go", "package p\n" + strings.Repeat("\n", 350), 1},
	}
	for _, c := range cases {
		if found := archtest.CheckSizes([]archtest.File{parseText(t, c.name, c.text)}); len(found) != c.want {
			t.Errorf("%s: found %v, want %d", c.name, found, c.want)
		}
	}
}

func TestSizesTold(t *testing.T) {
	got := archtest.Sizes([]archtest.File{
		parseText(t, "a.go", "package p\n\n// f does.\nfunc f() {\n}\n"),
		parseText(t, "b.go", "package p\n\n// b\n\nfunc g() {\n\n\n}\n\n"),
		parseText(t, "b_test.go", "package p\n\nfunc h() {\n}\n\n\n\n"),
	})
	want := `files:     2; lines: median 5, 90% within 5, longest 9
functions: 2; lines: median 2, 90% within 2, longest 4
product:   14 lines, one in 7.0 a comment
test:      7 lines, 0.50 for each of product`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if empty := archtest.Sizes(nil); !strings.Contains(empty, "files:     none") {
		t.Errorf("of nothing: %s", empty)
	}
}
