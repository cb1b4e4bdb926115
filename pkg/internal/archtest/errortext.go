package archtest

import (
	"go/ast"
	"go/token"
	"slices"
)

// CheckErrorText finds decisions upon what an error says: its text handed to
// something that looks for words in it, or compared. Test files are free.
func CheckErrorText(files []File, except []Exception) []Violation {
	excuses := newExcuses(except)
	var out []Violation
	for _, f := range files {
		if f.IsTest() {
			continue
		}
		imported := importNames(f)
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if looksIntoError(n, imported) && !excuses.cover(f.Path, f.Package()) {
				out = append(out, Violation{f.at(n), "looks into an error's text", "texts change without notice: use a sentinel or a type"})
			}
			return true
		})
	}
	return append(out, excuses.idle()...)
}

// looksIntoError leaves the trimming of a message that is shown, which decides
// nothing.
func looksIntoError(n ast.Node, imported map[string]string) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		return (n.Op == token.EQL || n.Op == token.NEQ) && (isErrorText(n.X) || isErrorText(n.Y))
	case *ast.CallExpr:
		lookers := []string{
			"strings.Contains", "strings.HasPrefix", "strings.HasSuffix", "strings.EqualFold",
			"strings.Index", "strings.Cut", "strings.CutPrefix", "strings.CutSuffix", "regexp.MatchString",
		}
		return slices.Contains(lookers, usedName(n.Fun, imported)) && slices.ContainsFunc(n.Args, isErrorText)
	}
	return false
}

// isErrorText says whether e is a call of a method Error that takes nothing.
func isErrorText(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) > 0 {
		return false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	return ok && method.Sel.Name == "Error"
}

// ErrorTextReaders are the places that have no other way.
func ErrorTextReaders() []Exception {
	return []Exception{
		{"pkg/engine/buildkit/frontend.go", "Engine 20.10 sends every error of a base image as an unknown one"},
		{"pkg/engine/enginetest", "asserts what an engine's messages name"},
	}
}
