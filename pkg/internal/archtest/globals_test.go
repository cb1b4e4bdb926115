package archtest_test

import (
	"testing"

	"github.com/retort-ci/retort/pkg/internal/archtest"
)

func TestGlobalsFound(t *testing.T) {
	for _, text := range []string{
		"var cache = map[string]int{}",
		"var count int",
		"var a, b = 1, 2",
		"var magic = []byte{1}",
		"var now = time.Now",
		"var ErrLater error",
		"var (\n\t_ = f\n\tlast string\n)",
		"func init() { register() }",
	} {
		want := 1
		if text == "var a, b = 1, 2" {
			want = 2
		}
		f := parseText(t, "pkg/some/file.go", "package p\nimport \"time\"\n"+text+"\n")
		if found := archtest.CheckGlobals([]archtest.File{f}, nil); len(found) != want {
			t.Errorf("%s: found %v, want %d", text, found, want)
		}
	}
}

func TestGlobalsThatAreRight(t *testing.T) {
	f := parseText(t, "pkg/some/file.go", `package p

import ("embed"; "errors"; "regexp"; "sync")

var _ I = (*T)(nil)

var (
	ErrGone = errors.New("gone")
	word    = regexp.MustCompile("[a-z]+")
)

//go:embed testdata
var files embed.FS

var once = sync.OnceValue(make)

const n = 1

func (t T) init() { var local int; _ = local }
`)
	test := parseText(t, "pkg/some/file_test.go", "package p\nvar update = flag.Bool()\nfunc init() {}\n")
	report(t, archtest.CheckGlobals([]archtest.File{f, test}, nil))
}

func TestGlobalExceptions(t *testing.T) {
	f := parseText(t, "cmd/retort/version.go", "package main\nvar version string\n")
	version := archtest.Exception{Where: "cmd/retort.version", Why: "linker"}
	report(t, archtest.CheckGlobals([]archtest.File{f}, []archtest.Exception{version}))

	idle := archtest.Exception{Where: "cmd/retort.gone", Why: "was removed"}
	found := archtest.CheckGlobals([]archtest.File{f}, []archtest.Exception{version, idle})
	if len(found) != 1 || found[0].Where != idle.Where {
		t.Errorf("found %v, want the exception that nothing needs", found)
	}
}
