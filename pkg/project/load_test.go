package project_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

var update = flag.Bool("update", false, "write what is got into the golden files")

// TestLoad loads the files of each archive in testdata/load and compares what
// is said about them with the archive's last file, "want". The comment may
// give options, a line each: "env NAME=value", "file NAME", "name NAME".
func TestLoad(t *testing.T) {
	archives, err := filepath.Glob("testdata/load/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			last := len(archive.Files) - 1
			want := &archive.Files[last]
			if want.Name != "want" {
				t.Fatalf("the last file is %q, not want", want.Name)
			}
			opts := options(t, archive)
			p, err := project.Load(t.Context(), opts)
			got := []byte(strings.ReplaceAll(said(t, p, err), filepath.Dir(opts.Dir), "$TMP"))
			if *update {
				want.Data = got
				write(t, path, txtar.Format(archive))
			}
			if !bytes.Equal(got, want.Data) {
				t.Errorf("got:\n%swant:\n%s", got, want.Data)
			}
		})
	}
}

// options writes the archive's files into a directory called shop.
func options(t *testing.T, archive *txtar.Archive) project.Options {
	t.Helper()
	opts := project.Options{Dir: filepath.Join(t.TempDir(), "shop"), Env: []string{}}
	for _, f := range archive.Files {
		if f.Name != "want" {
			write(t, filepath.Join(opts.Dir, f.Name), f.Data)
		}
	}
	for line := range strings.Lines(string(archive.Comment)) {
		switch option, value, _ := strings.Cut(strings.TrimSpace(line), " "); option {
		case "env":
			opts.Env = append(opts.Env, value)
		case "file":
			opts.Files = append(opts.Files, value)
		case "name":
			opts.Name = value
		}
	}
	return opts
}

// said is the error and its hint, or the warnings, as the user reads them.
func said(t *testing.T, p *project.Project, err error) string {
	t.Helper()
	if err == nil {
		return strings.Join(append([]string{"loaded"}, p.Warnings...), "\n") + "\n"
	}
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok || f.Side != fault.Usage {
		t.Errorf("not a fault of usage: %v", err)
	}
	if p != nil {
		t.Errorf("a project besides the error")
	}
	text := fmt.Sprintln(err)
	if hint := fault.HintOf(err); hint != "" {
		text += "hint: " + hint + "\n"
	}
	return text
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
