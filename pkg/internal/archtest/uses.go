package archtest

import (
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
)

// UseRule says which names packages do not use. Test files are free.
type UseRule struct {
	Who    []string // whom the rule binds, as in [matches]
	Bans   []string // "os.Exit"; with a star at the end all names that begin so; a bare word is a builtin
	Except []Exception
	Why    string
}

// CheckUses holds files against the rules.
func CheckUses(files []File, rules []UseRule) []Violation {
	var out []Violation
	for _, r := range rules {
		excuses := newExcuses(r.Except)
		for _, f := range files {
			if f.IsTest() || !matches(r.Who, f.Package()) {
				continue
			}
			for _, v := range r.check(f) {
				if !excuses.cover(f.Path, f.Package()) {
					out = append(out, v)
				}
			}
		}
		out = append(out, excuses.idle()...)
	}
	return out
}

func (r UseRule) check(f File) []Violation {
	imported := importNames(f)
	var out []Violation
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if name := usedName(n, imported); name != "" && r.bans(name) {
			out = append(out, Violation{f.at(n), "uses " + name, r.Why})
		}
		return true
	})
	return out
}

func (r UseRule) bans(name string) bool {
	return slices.ContainsFunc(r.Bans, func(ban string) bool {
		prefix, star := strings.CutSuffix(ban, "*")
		return name == ban || star && strings.HasPrefix(name, prefix)
	})
}

// usedName is the import path and name that a selector stands for ("os.Exit"),
// or the word that is called.
func usedName(n ast.Node, imported map[string]string) string {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok && imported[x.Name] != "" {
			return imported[x.Name] + "." + n.Sel.Name
		}
	case *ast.CallExpr:
		if fun, ok := n.Fun.(*ast.Ident); ok {
			return fun.Name
		}
	}
	return ""
}

// importNames gives the import path behind each name that a file gives one. The
// name is guessed from the path, as is right for the standard library.
func importNames(f File) map[string]string {
	out := make(map[string]string, len(f.tree.Imports))
	for _, spec := range f.tree.Imports {
		at, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has refused the file by then
		}
		name := path.Base(at)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		out[name] = at
	}
	return out
}
