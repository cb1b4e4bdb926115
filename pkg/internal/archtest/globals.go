package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// CheckGlobals finds work at the start of the program and package-level
// variables that can change. Test files are free. An exception names a variable
// as "pkg/progress.Discard", and work at the start as "pkg/progress.init".
func CheckGlobals(files []File, except []Exception) []Violation {
	excuses := newExcuses(except)
	var out []Violation
	for _, f := range files {
		if f.IsTest() {
			continue
		}
		for _, decl := range f.tree.Decls {
			out = append(out, checkInit(f, decl, excuses)...)
			out = append(out, checkVars(f, decl, excuses)...)
		}
	}
	return append(out, excuses.idle()...)
}

func checkInit(f File, decl ast.Decl, excuses *excuses) []Violation {
	fn, ok := decl.(*ast.FuncDecl)
	if !ok || fn.Recv != nil || fn.Name.Name != "init" || excuses.cover(f.Package()+".init") {
		return nil
	}
	return []Violation{{f.at(fn), "func init", "who imports a package has not asked it to work yet, and `retort version` pays for it"}}
}

func checkVars(f File, decl ast.Decl, excuses *excuses) []Violation {
	group, ok := decl.(*ast.GenDecl)
	if !ok || group.Tok != token.VAR {
		return nil
	}
	var out []Violation
	for _, spec := range group.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok || isConstant(f, group, v) {
			continue
		}
		for _, name := range v.Names {
			if !excuses.cover(f.Package() + "." + name.Name) {
				out = append(out, Violation{f.at(name), "package-level variable " + name.Name, "two callers in one process would share it"})
			}
		}
	}
	return out
}

// isConstant says whether a variable is one only because Go has no constants
// of its kind: an interface satisfaction, a sentinel, an embedded file, or
// something made once by one of the functions below.
func isConstant(f File, group *ast.GenDecl, v *ast.ValueSpec) bool {
	if isEmbedded(group.Doc) || isEmbedded(v.Doc) {
		return true
	}
	blank := func(n *ast.Ident) bool { return n.Name == "_" }
	if !slices.ContainsFunc(v.Names, func(n *ast.Ident) bool { return !blank(n) }) {
		return true
	}
	constructors := []string{"errors.New", "fmt.Errorf", "regexp.MustCompile", "sync.OnceValue", "sync.OnceValues"}
	imported := importNames(f)
	made := func(e ast.Expr) bool {
		call, ok := e.(*ast.CallExpr)
		return ok && slices.Contains(constructors, usedName(call.Fun, imported))
	}
	return len(v.Values) > 0 && !slices.ContainsFunc(v.Values, func(e ast.Expr) bool { return !made(e) })
}

func isEmbedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed ")
	})
}

// Globals are what stays, and why.
func Globals() []Exception {
	return []Exception{
		{"cmd/retort/early.init", "a process that waits for its second self need not make ready what it will not use"},
		{"cmd/retort.version", "the linker sets it in a release"},
		{"pkg/progress.Discard", "an interface value that holds no state, as io.Discard"},
	}
}
