package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// travisBuild is Travis-shaped: it runs a job's lines in the way of the script
// that travis-build compiles of a .travis.yml, on a pseudo-terminal, with all of
// Travis's variables, the empty ones too. It is no Travis: languages, caches,
// services and the limits on time and log are not in it.
type travisBuild struct {
	origin  string // the repository to check out
	root    string // of the machines
	fixture string // of pkg/ci's variables
	vars    []string
	jobs    int
}

// travisResult is how a job ended.
type travisResult struct {
	code   int // 0 or 1 by the lines of script, 2 by one before it
	output string
	lines  map[string]int // exit code of each line of script
	folds  []string       // names, in their order
	open   []string       // those that never end
}

// run runs a job on a machine of its own.
func (b *travisBuild) run(t *testing.T, file travisFile, job travisJob) travisResult {
	t.Helper()
	b.jobs++
	dir := filepath.Join(b.root, fmt.Sprintf("job-%d", b.jobs), filepath.Base(b.origin))
	if err := checkOut(t, b.origin, dir); err != nil {
		t.Fatal(err)
	}
	env := append(fixtureVars(t, b.fixture), "TRAVIS_BUILD_DIR="+dir, "TRAVIS_COMMIT="+head(t, dir), "TRAVIS_BUILD_STAGE_NAME="+job.Stage)
	code, output := onTerminal(t, dir, append(env, b.vars...), travisScript(file, job))
	result := travisResult{code: code, output: output, lines: map[string]int{}}
	for _, match := range regexp.MustCompile(`The command "(.*)" exited with (\d+)\.`).FindAllStringSubmatch(output, -1) {
		n, err := strconv.Atoi(match[2])
		if err != nil {
			t.Fatal(err)
		}
		result.lines[match[1]] = n
	}
	var err error
	if result.folds, result.open, err = travisFolds(output); err != nil || code == 0 && len(result.open) > 0 {
		t.Errorf("folds %v never end, %v, in\n%s", result.open, err, output)
	}
	return result
}

func head(t *testing.T, dir string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", dir, "rev-parse", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// travisFunctions are travis-build's travis_cmd, travis_result and travis_assert,
// in short.
const travisFunctions = `
travis_cmd() {
  local result
  export TRAVIS_CMD="$1"
  echo "\$ $1"
  eval "$1"
  result=$?
  [[ $2 != --assert ]] || travis_assert $result
  return $result
}
travis_result() {
  export TRAVIS_TEST_RESULT=$((${TRAVIS_TEST_RESULT:-0} | $(($1 != 0))))
  echo -e "\nThe command \"$TRAVIS_CMD\" exited with $1."
}
travis_assert() {
  [[ $1 == 0 ]] && return
  echo -e "\nThe command \"$TRAVIS_CMD\" failed and exited with $1."
  exit 2
}
travis_fold() { echo -en "travis_fold:$1:$2\r\033[0K"; }
`

// travisScript is the script of a job: what comes before script: must succeed, its
// own lines go on after a failure, and what follows depends on the result.
func travisScript(file travisFile, job travisJob) string {
	var s strings.Builder
	s.WriteString(travisFunctions)
	for _, v := range file.Env.Global {
		fmt.Fprintf(&s, "export %s\n", v)
	}
	for n, line := range slices.Concat(file.Install, file.BeforeScript) {
		fmt.Fprintf(&s, "travis_fold start before.%d\ntravis_cmd %s --assert\ntravis_fold end before.%d\n", n, quoted(line), n)
	}
	for _, line := range job.Script {
		fmt.Fprintf(&s, "travis_cmd %s\ntravis_result $?\n", quoted(line))
	}
	s.WriteString("echo -e \"\\nDone. Your build exited with $TRAVIS_TEST_RESULT.\"\nexit $TRAVIS_TEST_RESULT\n")
	return s.String()
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// travisFolds parses the folds back: each name once, and what ends is what began
// last. The folds that never end are open for the reader, as that of a stage that
// failed is to be.
func travisFolds(output string) (names, open []string, err error) {
	for _, match := range regexp.MustCompile(`travis_fold:(start|end):([^\r\n]*)\r`).FindAllStringSubmatch(output, -1) {
		kind, name := match[1], match[2]
		switch {
		case kind == "start" && slices.Contains(names, name):
			return names, open, fmt.Errorf("fold %s begins twice", name)
		case kind == "start":
			names, open = append(names, name), append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			return names, open, fmt.Errorf("fold %s ends, and %v are open", name, open)
		default:
			open = open[:len(open)-1]
		}
	}
	return names, open, nil
}
