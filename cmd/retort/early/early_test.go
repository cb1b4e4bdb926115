package early

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestWanted(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"retort build":                                   false,
		"retort build --engine embedded":                 true,
		"retort test -engine=embedded e2e":               true,
		"retort run --engine=docker":                     false,
		"retort run --engine docker --engine embedded":   false,
		"retort push --engine":                           false,
		"retort run -- --engine embedded":                false,
		"retort run engine=embedded":                     false,
		"retort status --engine embedded":                false,
		"retort -C shop build --engine embedded":         false,
		"retort":                                         false,
		"embedded retort":                                false,
		"embedded retort build":                          true,
		"embedded retort build -t a:1 . --push":          true,
		"embedded retort build --engine docker":          false,
		"embedded retort build --engine=docker":          false,
		"embedded retort promote --to staging":           false,
		"docker retort build --engine embedded":          true,
		"unix:///run/buildkit/buildkitd.sock retort run": false,
	} {
		engine, args, _ := strings.Cut(line, "retort")
		if got := wanted(strings.Fields("retort"+args), strings.TrimSpace(engine)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

// All that is ready before this package is what it needs: nothing of another module,
// and nothing that waits for the tables of package unicode, as fmt and strings do.
func TestImportsLittle(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	needs := strings.Fields(string(out))
	if !slices.Contains(needs, "os") {
		t.Errorf("it needs %q", needs)
	}
	for _, path := range needs {
		another := strings.Contains(path, ".") && !strings.HasPrefix(path, "github.com/retort-ci/retort/")
		if another || path == "unicode" {
			t.Errorf("it needs %s", path)
		}
	}
}
