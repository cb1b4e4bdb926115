package scaffold

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestPlan plans for the repositories of testdata. The last word of each
// archive's comment are the CI systems, or "force"; its last file, "want", is the
// plan.
func TestPlan(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			last := len(archive.Files) - 1
			dir := unpack(t, archive.Files[:last])
			opts := optionsOf(archive)
			opts.Dir = dir
			got := strings.ReplaceAll(planOf(t, opts), dir, "$DIR")
			switch {
			case string(archive.Files[last].Data) == got:
			case *update:
				archive.Files[last].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				t.Errorf("got:\n%s\nwant:\n%s", got, archive.Files[last].Data)
			}
		})
	}
}

// optionsOf reads the line "--ci … --force" at the end of the comment.
func optionsOf(a *txtar.Archive) Options {
	opts := Options{CI: []ci.System{}, Env: []string{}}
	lines := strings.Split(strings.TrimSpace(string(a.Comment)), "\n")
	for word := range strings.FieldsSeq(lines[len(lines)-1]) {
		switch {
		case word == "--force":
			opts.Force = true
		case word == "--auto":
			opts.CI = nil
		case strings.HasPrefix(word, "--ci="):
			opts.CI = append(opts.CI, ci.System(strings.TrimPrefix(word, "--ci=")))
		}
	}
	return opts
}

// unpack makes a directory called shop of the files.
func unpack(t *testing.T, files []txtar.File) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// planOf is the plan as text, after it was written and planned again: there must
// be nothing left to do.
func planOf(t *testing.T, opts Options) string {
	t.Helper()
	plan, err := New(t.Context(), opts)
	if err != nil {
		return fmt.Sprintf("error: %v\nside: %s\nnext: %s\n", err, fault.SideOf(err), fault.HintOf(err))
	}
	var out strings.Builder
	for _, note := range plan.Notes {
		fmt.Fprintf(&out, "note: %s\n", note)
	}
	for _, f := range plan.Files {
		fmt.Fprintf(&out, "== %s %s\n", f.Action, f.Path)
		if f.Writes() {
			out.Write(f.New)
		}
	}
	if err := plan.Write(); err != nil {
		t.Fatal(err)
	}
	again, err := New(t.Context(), opts)
	if err != nil {
		t.Fatalf("what was written is refused: %v", err)
	}
	for _, f := range again.Files {
		if f.Writes() {
			t.Errorf("planned again, %s is to %s:\n%s", f.Path, f.Action, f.Diff())
		}
	}
	return out.String()
}
