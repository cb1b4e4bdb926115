package archtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/archtest"
)

// parse makes a file of imports ("os", `std "os"`) and the body of a function.
func parse(t *testing.T, name, imports, body string) archtest.File {
	t.Helper()
	var text strings.Builder
	text.WriteString("package p\n")
	for path := range strings.FieldsSeq(imports) {
		text.WriteString("import " + path + "\n")
	}
	text.WriteString("func f() {\n" + body + "\n}\n")
	return parseText(t, name, text.String())
}

func parseText(t *testing.T, name, text string) archtest.File {
	t.Helper()
	f, err := archtest.Parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEveryUseRuleBites(t *testing.T) {
	cases := []struct{ imports, body, finds string }{
		{`"os"`, `os.Exit(1)`, "os.Exit"},
		{`"log"`, `log.Fatalf("x")`, "log.Fatalf"},
		{`"fmt"`, `fmt.Println("x")`, "fmt.Println"},
		{`"fmt" "os"`, `fmt.Fprintln(os.Stderr, "x")`, "os.Stderr"},
		{`"os"`, `use(os.Stdout)`, "os.Stdout"},
		{`"log"`, `log.Printf("x")`, "log.Printf"},
		{`"log/slog"`, `slog.Default().Info("x")`, "log/slog.Default"},
		{``, `println("x")`, "println"},
		{`"os"`, `use(os.Args)`, "os.Args"},
		{`"os"`, `use(os.Getenv("HOME"))`, "os.Getenv"},
		{`"os"`, `opts.Getenv = os.Getenv`, "os.Getenv"},
		{`"os"`, `os.Setenv("A", "b")`, "os.Setenv"},
		{`"log/slog"`, `slog.SetDefault(l)`, "log/slog.SetDefault"},
		{`"os/signal"`, `signal.NotifyContext(ctx)`, "os/signal.NotifyContext"},
		{`"net/http"`, `http.HandleFunc("/", f)`, "net/http.HandleFunc"},
		{`std"os"`, `std.Exit(1)`, "os.Exit"},
	}
	var bitten []string
	for _, c := range cases {
		found := bite(parse(t, "pkg/some/file.go", c.imports, c.body))
		if len(found) != 1 || found[0].What != "uses "+c.finds {
			t.Errorf("%s: found %v, want uses %s", c.body, found, c.finds)
		}
		for _, v := range found {
			bitten = append(bitten, v.Why)
		}
	}
	for _, r := range archtest.UseRules() {
		if r.Why == "" || !slices.Contains(bitten, r.Why) {
			t.Errorf("no case shows that the rule against %v bites", r.Bans)
		}
	}
}

func TestUsesThatAreRight(t *testing.T) {
	files := []archtest.File{
		parse(t, "cmd/retort/main.go", `"os"`, `os.Exit(1)`),
		parse(t, "pkg/some/file_test.go", `"fmt"`, `fmt.Println("x")`),
		parse(t, "pkg/some/file.go", `"fmt" "io"`, `fmt.Fprintln(io.Discard, s.Print(), os.Exit)`),
		parse(t, "pkg/some/file.go", `"net/http"`, `var h http.Handler; h.ServeHTTP(w, r)`),
		parse(t, "pkg/some/file.go", ``, `p.print("x"); out.println("y")`),
	}
	report(t, bite(files...))
}

func TestUseIsFoundAtItsLine(t *testing.T) {
	found := bite(parse(t, "pkg/some/file.go", `"os"`, "\nos.Exit(1)"))
	if len(found) != 1 || found[0].Where != "pkg/some/file.go:5" {
		t.Errorf("found %v, want one at pkg/some/file.go:5", found)
	}
}

func TestExceptions(t *testing.T) {
	file := parse(t, "pkg/some/file.go", `"os"`, `os.Exit(1)`)
	rule := archtest.UseRule{Who: []string{"pkg/..."}, Bans: []string{"os.Exit"}, Why: "reason"}
	for where, want := range map[string]int{"pkg/some/file.go": 0, "pkg/some": 0, "pkg/other": 2} {
		rule.Except = []archtest.Exception{{Where: where, Why: "because"}}
		if found := archtest.CheckUses([]archtest.File{file}, []archtest.UseRule{rule}); len(found) != want {
			t.Errorf("except %s: found %v, want %d", where, found, want)
		}
	}
}

// bite holds files against the real rules without their exceptions, which are
// about other files.
func bite(files ...archtest.File) []archtest.Violation {
	rules := archtest.UseRules()
	for i := range rules {
		rules[i].Except = nil
	}
	return archtest.CheckUses(files, rules)
}
