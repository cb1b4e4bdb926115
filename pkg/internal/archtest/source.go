package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// File is one Go file, for whatever machine it is meant.
type File struct {
	Path  string // below the root, with slashes
	Lines int
	fset  *token.FileSet
	tree  *ast.File
}

// Files parses the Go files at root and below: all that a person wrote, so no
// vendor, testdata or dot directories, and nothing generated. Because the test
// reads them all itself, a cached result of the test is never older than them.
func Files(root string) ([]File, error) {
	var out []File
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != root && isForeign(d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		f, err := readFile(root, name)
		if err == nil && !ast.IsGenerated(f.tree) {
			out = append(out, f)
		}
		return err
	})
	return out, err
}

func isForeign(dir string) bool {
	return strings.HasPrefix(dir, ".") || slices.Contains([]string{"vendor", "testdata", "bin", "dist"}, dir)
}

func readFile(root, name string) (File, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return File{}, err
	}
	below, err := filepath.Rel(root, name)
	if err != nil {
		return File{}, err
	}
	return Parse(filepath.ToSlash(below), text)
}

// Parse makes a File of its text.
func Parse(name string, text []byte) (File, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return File{}, fmt.Errorf("parse %s: %w", name, err)
	}
	return File{Path: name, Lines: bytes.Count(text, []byte{'\n'}), fset: fset, tree: tree}, nil
}

// Package is the file's package, below the module's root.
func (f File) Package() string { return path.Dir(f.Path) }

// IsTest says whether the file is built for tests only.
func (f File) IsTest() bool { return strings.HasSuffix(f.Path, "_test.go") }

// at names the node's place.
func (f File) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.Path, f.fset.Position(n.Pos()).Line)
}
