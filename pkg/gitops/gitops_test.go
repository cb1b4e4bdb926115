package gitops_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/gitops"
)

var update = flag.Bool("update", false, "write what is got into the golden files")

// orders is the image of every test.
func orders() gitops.Image {
	return gitops.Image{
		Names:      []string{"127.0.0.1:5000/shop/orders", "127.0.0.1:5000/prod/orders", "orders"},
		Repository: "127.0.0.1:5000/prod/orders",
		Digest:     "sha256:" + strings.Repeat("b", 64),
	}
}

// TestWrite makes the edits that an archive's comment asks for, a line each:
// "kustomization", "path PATH" for the digest, "image PATH" for the reference.
// The archive's last file, "want", is what its first becomes, or the error.
func TestWrite(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := written(t, archive.Files[0].Data, editsOf(t, string(archive.Comment))...)
			if *update {
				archive.Files[1].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := string(archive.Files[1].Data); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func editsOf(t *testing.T, comment string) []gitops.Edit {
	t.Helper()
	var edits []gitops.Edit
	for line := range strings.Lines(comment) {
		switch kind, text, _ := strings.Cut(strings.TrimSpace(line), " "); kind {
		case "kustomization":
			edits = append(edits, gitops.Edit{Place: gitops.Place{File: "file.yaml"}, Image: orders()})
		case "path", "image":
			edits = append(edits, at(t, text, kind == "image"))
		}
	}
	return edits
}

func at(t *testing.T, path string, full bool) gitops.Edit {
	t.Helper()
	parsed, err := gitops.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	return gitops.Edit{Place: gitops.Place{File: "file.yaml", Path: parsed, Full: full}, Image: orders()}
}

// written is what a file becomes, or the error and its hint. A file that has an
// error stays.
func written(t *testing.T, text []byte, edits ...gitops.Edit) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "file.yaml")
	if err := os.WriteFile(file, text, 0o640); err != nil {
		t.Fatal(err)
	}
	seen, previewErr := gitops.Preview(dir, edits)
	made, err := gitops.Write(dir, edits)
	if fmt.Sprint(seen, previewErr) != fmt.Sprint(made, err) {
		t.Errorf("the preview is %v, %v; written was %v, %v", seen, previewErr, made, err)
	}
	got, readErr := os.ReadFile(file)
	info, statErr := os.Stat(file)
	if readErr != nil || statErr != nil || info.Mode() != 0o640 {
		t.Fatalf("%v, %v, mode %v", readErr, statErr, info.Mode())
	}
	if err == nil {
		return string(got)
	}
	if string(got) != string(text) {
		t.Errorf("it became %q in spite of the error", got)
	}
	if f, ok := errors.AsType[*fault.Fault](err); !ok || f.Side != fault.Usage {
		t.Errorf("no fault of usage: %v", err)
	}
	return fmt.Sprintf("%v\nhint: %s\n", err, fault.HintOf(err))
}

// Line ends, a byte order mark and a missing last line end stay too.
func TestBytesAround(t *testing.T) {
	says := orders().Digest
	for name, text := range map[string]string{
		"CRLF":         "# a\r\nb: 1\r\ndigest: %s # c\r\n\r\n",
		"CR":           "b: 1\rdigest: '%s'\r",
		"no end":       "digest: \"%s\"",
		"BOM":          "\uFEFFdigest: %s\n",
		"BOM and line": "\uFEFF# x\ndigest: %s\n",
		"tabs":         "digest:\t%s\t# x\n",
		"in a flow":    "{\"digest\":%q,b: [1,\n2]}\n",
		"spaces":       "digest:   %s   \n",
	} {
		before, want := fmt.Sprintf(text, "sha256:1"), fmt.Sprintf(text, says)
		if got := written(t, []byte(before), at(t, "digest", false)); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestChanges(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "b.yaml"), "x: { digest: sha256:1 }\ny: sha256:2\n")
	write(t, filepath.Join(dir, "a.yaml"), "digest: "+orders().Digest+"\n")
	edit := func(file, path string) gitops.Edit {
		e := at(t, path, false)
		e.File = file
		return e
	}
	edits := []gitops.Edit{edit("b.yaml", "y"), edit("b.yaml", "x.digest"), edit("a.yaml", "digest")}
	before, err := os.Stat(filepath.Join(dir, "a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	made, err := gitops.Write(dir, edits)
	want := fmt.Sprintf("[{b.yaml 1 sha256:1 %[1]s} {b.yaml 2 sha256:2 %[1]s}]", orders().Digest)
	if got := fmt.Sprint(made); err != nil || got != want {
		t.Errorf("changes are %s, %v, want %s", got, err, want)
	}
	if after, err := os.Stat(filepath.Join(dir, "a.yaml")); err != nil || !os.SameFile(before, after) {
		t.Errorf("a file that said it already was written: %v", err)
	}
	if made, err := gitops.Write(dir, edits); err != nil || len(made) > 0 {
		t.Errorf("the second time changes %v, %v", made, err)
	}
}

// One edit that cannot be made keeps all files as they are.
func TestAllOrNone(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file.yaml"), "digest: sha256:1\n")
	missing := at(t, "digest", false)
	missing.File = "missing.yaml"
	if made, err := gitops.Write(dir, []gitops.Edit{at(t, "digest", false), missing}); err == nil {
		t.Errorf("changed %v", made)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "file.yaml")); err != nil || string(got) != "digest: sha256:1\n" {
		t.Errorf("it became %q, %v", got, err)
	}
}

// Nothing outside of the directory is written, whatever links say.
func TestOutside(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "project")
	write(t, filepath.Join(dir, "outside.yaml"), "digest: sha256:1\n")
	write(t, filepath.Join(inside, "real.yaml"), "digest: sha256:1\n")
	for name, to := range map[string]string{"out.yaml": "../outside.yaml", "in.yaml": "real.yaml"} {
		if err := os.Symlink(to, filepath.Join(inside, name)); err != nil {
			t.Fatal(err)
		}
	}
	for file, fine := range map[string]bool{
		"out.yaml": false, "../outside.yaml": false, filepath.Join(dir, "outside.yaml"): false, "": false, "in.yaml": true,
	} {
		e := at(t, "digest", false)
		e.File = file
		if _, err := gitops.Write(inside, []gitops.Edit{e}); (err == nil) != fine {
			t.Errorf("%q: %v", file, err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(dir, "outside.yaml")); err != nil || string(got) != "digest: sha256:1\n" {
		t.Errorf("the file outside became %q, %v", got, err)
	}
	if info, err := os.Lstat(filepath.Join(inside, "in.yaml")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became a file: %v, %v", info, err)
	}
}

func TestParsePath(t *testing.T) {
	for text, want := range map[string]string{
		"a": "[a]", "a.b.0": "[a b 0]", `a\.b.c`: "[a.b c]", `a\\.b`: `[a\ b]`, "c.name=x.image": "[c name=x image]",
	} {
		got, err := gitops.ParsePath(text)
		if err != nil || fmt.Sprint([]string(got)) != want || got.String() != text {
			t.Errorf("%q is %q (%q), %v, want %s", text, []string(got), got, err, want)
		}
	}
	for _, bad := range []string{"", ".", "a.", ".a", "a..b", `a\`} {
		if got, err := gitops.ParsePath(bad); err == nil {
			t.Errorf("%q is %q", bad, []string(got))
		}
	}
	if got, err := gitops.ParsePath("x." + gitops.Escape(`a.b\c`)); err != nil || got[1] != `a.b\c` {
		t.Errorf("escaped is %q, %v", []string(got), err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
