package archtest

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// The sizes at which a reader no longer keeps a file or a function in mind.
const (
	maxFile     = 350 // lines
	maxFunction = 70  // lines, from func to the closing brace
)

// CheckSizes finds files and functions that are too long. Test files are free.
func CheckSizes(files []File) []Violation {
	var out []Violation
	for _, f := range files {
		if f.IsTest() {
			continue
		}
		if f.Lines > maxFile {
			out = append(out, Violation{f.Path, fmt.Sprintf("%d lines", f.Lines), fmt.Sprintf("a file has one idea, and at most %d lines", maxFile)})
		}
		for _, fn := range functions(f) {
			if n := f.height(fn); n > maxFunction {
				out = append(out, Violation{f.at(fn), fmt.Sprintf("%s has %d lines", fn.Name.Name, n), fmt.Sprintf("a function fits a screen, and %d lines", maxFunction)})
			}
		}
	}
	return out
}

func functions(f File) []*ast.FuncDecl {
	var out []*ast.FuncDecl
	for _, decl := range f.tree.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok {
			out = append(out, fn)
		}
	}
	return out
}

// height is how many lines the node stands on.
func (f File) height(n ast.Node) int {
	return f.fset.Position(n.End()).Line - f.fset.Position(n.Pos()).Line + 1
}

// Sizes tells how the source compares with the models of the architecture:
// file median <= 100 lines, function median <= 10, as much test as product,
// one line in eight a comment.
func Sizes(files []File) string {
	var tall, high []int
	product, test, comments := 0, 0, 0
	for _, f := range files {
		if f.IsTest() {
			test += f.Lines
			continue
		}
		product += f.Lines
		tall = append(tall, f.Lines)
		for _, group := range f.tree.Comments {
			comments += f.height(group)
		}
		for _, fn := range functions(f) {
			high = append(high, f.height(fn))
		}
	}
	return strings.Join([]string{
		"files:     " + spread(tall),
		"functions: " + spread(high),
		fmt.Sprintf("product:   %d lines, one in %.1f a comment", product, ratio(product, comments)),
		fmt.Sprintf("test:      %d lines, %.2f for each of product", test, ratio(test, product)),
	}, "\n")
}

// spread tells the middle and the long end of sizes.
func spread(sizes []int) string {
	if len(sizes) == 0 {
		return "none"
	}
	slices.Sort(sizes)
	at := func(share float64) int { return sizes[int(share*float64(len(sizes)-1))] }
	return fmt.Sprintf("%d; lines: median %d, 90%% within %d, longest %d", len(sizes), at(0.5), at(0.9), at(1))
}

func ratio(a, b int) float64 { return float64(a) / float64(max(b, 1)) }
