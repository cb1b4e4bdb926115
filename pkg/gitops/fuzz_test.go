package gitops_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v4"

	"github.com/retort-ci/retort/pkg/gitops"
)

// FuzzWrite gives Write any file. What it makes of one says the same but for what
// it was to say, and at a path it is the same but for one piece of a line. Without
// a path the file is a kustomization.
func FuzzWrite(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, way := range []string{"orders.digest", "digest", "spec.containers.name=orders.image", "images.0.digest", ""} {
			f.Add(archive.Files[0].Data, way)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, way string) {
		var path gitops.Path
		if way != "" {
			var err error
			if path, err = gitops.ParsePath(way); err != nil {
				return
			}
		}
		dir := t.TempDir()
		file := filepath.Join(dir, "file.yaml")
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		made, err := gitops.Write(dir, []gitops.Edit{{Place: gitops.Place{File: "file.yaml", Path: path}, Image: orders()}})
		if err != nil || len(made) == 0 {
			return
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if path != nil {
			onePiece(t, text, got)
		}
		before, after := documents(t, text), documents(t, got)
		if len(before) != len(after) {
			t.Fatalf("%d documents became %d", len(before), len(after))
		}
		for i := range before {
			if !sameBut(before[i], after[i], orders().Digest, orders().Repository) {
				t.Errorf("%v became %v", before[i], after[i])
			}
		}
	})
}

// onePiece holds that what differs begins and ends in one line.
func onePiece(t *testing.T, old, now []byte) {
	t.Helper()
	from := 0
	for from < min(len(old), len(now)) && old[from] == now[from] {
		from++
	}
	back := 0
	for back < min(len(old), len(now))-from && old[len(old)-1-back] == now[len(now)-1-back] {
		back++
	}
	if piece := old[from : len(old)-back]; bytes.ContainsAny(piece, "\r\n") {
		t.Errorf("more than a piece of one line went: %q", piece)
	}
	if piece := now[from : len(now)-back]; !bytes.Contains([]byte(`'"`+orders().Digest+`"'`), bytes.Trim(piece, `'"`)) {
		t.Errorf("what came is %q", piece)
	}
}

// documents are what a reader makes of the file; nil of what it refuses to.
func documents(t *testing.T, text []byte) []any {
	t.Helper()
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var docs []any
	for {
		var doc any
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			return nil // such as 1: twice, which a tree of nodes may have
		}
		docs = append(docs, doc)
	}
}

// sameBut is true when all is the same, or is one of says now.
func sameBut(old, now any, says ...string) bool {
	a, b := reflect.ValueOf(old), reflect.ValueOf(now)
	text, _ := now.(string)
	if slices.Contains(says, text) || !a.IsValid() || !b.IsValid() || a.Type() != b.Type() {
		return slices.Contains(says, text) || old == nil && now == nil
	}
	switch a.Kind() {
	case reflect.Map:
		for _, key := range a.MapKeys() {
			value := b.MapIndex(key)
			if !value.IsValid() || !sameBut(a.MapIndex(key).Interface(), value.Interface(), says...) {
				return false
			}
		}
		return a.Len() == b.Len()
	case reflect.Slice:
		for i := range min(a.Len(), b.Len()) {
			if !sameBut(a.Index(i).Interface(), b.Index(i).Interface(), says...) {
				return false
			}
		}
		return a.Len() == b.Len()
	}
	return reflect.DeepEqual(old, now)
}

// FuzzParsePath: what is read is written, and read again as the same.
func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{"a", "a.b.0", `a\.b.c`, `a\\.b`, "c.name=x.image", "a..b", `a\`, "größe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, err := gitops.ParsePath(text)
		if err != nil {
			return
		}
		again, err := gitops.ParsePath(path.String())
		if err != nil || !slices.Equal(path, again) {
			t.Errorf("%q is %q, and %q is %q, %v", text, []string(path), path.String(), []string(again), err)
		}
	})
}
