package archtest

import (
	"slices"
	"strings"
)

// CheckRoot says what the root directory has too much and what it lacks. Names
// with a dot in front are free, and so is what git ignores at the root, as
// ignore (the text of .gitignore) tells.
func CheckRoot(names []string, ignore string) []Violation {
	want := []string{
		"cmd", "pkg", "examples", "scripts", "go.mod", "go.sum",
		"Makefile", ".travis.yml", "Jenkinsfile", "README.md", "LICENSE",
	}
	var out []Violation
	for _, name := range names {
		if !slices.Contains(want, name) && !strings.HasPrefix(name, ".") && !ignored(ignore, name) {
			out = append(out, Violation{name, "at the root", "a newcomer sees at a glance where things are: put it below one of cmd, pkg, examples, scripts"})
		}
	}
	for _, name := range want {
		if !slices.Contains(names, name) {
			out = append(out, Violation{name, "not at the root", "readers and CI systems look for it there"})
		}
	}
	return out
}

// ignored knows the anchored directories alone ("/bin/").
func ignored(ignore, name string) bool {
	return slices.Contains(strings.Fields(ignore), "/"+name+"/")
}

// maxMain is what main.go may have in lines: signals and the exit code.
const maxMain = 25

// CheckMains finds commands whose main.go has work in it.
func CheckMains(files []File) []Violation {
	var out []Violation
	for _, f := range files {
		if match("cmd/...", f.Package()) && strings.HasSuffix(f.Path, "/main.go") && f.Lines > maxMain {
			out = append(out, Violation{f.Path, "longer than 25 lines", "main has signals and the exit code; the rest is to be tested without a process"})
		}
	}
	return out
}
