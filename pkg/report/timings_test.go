package report_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/report"
)

// timed makes a report of one case a line: "suite|file|class|seconds".
func timed(t *testing.T, lines ...string) report.Report {
	t.Helper()
	var r report.Report
	for _, line := range lines {
		part := strings.Split(line, "|")
		took, err := time.ParseDuration(part[3] + "s")
		if err != nil {
			t.Fatal(err)
		}
		r.Suites = append(r.Suites, report.Suite{Name: part[0], Cases: []report.Case{{Name: "case", File: part[1], Class: part[2], Time: took}}})
	}
	return r
}

func TestTimings(t *testing.T) {
	python := "e2e/orders_test.py e2e/cart_test.py unit/cart_test.py"
	java := "src/test/java/com/acme/OrderTest.java src/test/java/com/acme/cart/OrderTest.java src/test/java/com/acme/CartTest.java"
	script := "e2e/cart.spec.ts e2e/admin/cart.spec.ts e2e/login.spec.ts"
	for _, tc := range []struct{ name, files, lines, want string }{
		{"pytest", python, "pytest||e2e.orders_test|1 pytest||e2e.orders_test.TestOrder|2 pytest||e2e.orders_test.TestOrder.TestInner|4 pytest||e2e.cart_test|8", "e2e/cart_test.py 8s, e2e/orders_test.py 7s"},
		{"pytest in a directory", python, "pytest||orders_test|1 pytest||cart_test|2", "e2e/orders_test.py 1s"},
		{"pytest from above", python, "pytest||src.e2e.orders_test.TestOrder|1 pytest||src.other.other_test|2", "e2e/orders_test.py 1s"},
		{"pytest with files (xunit1)", python, "pytest|e2e/orders_test.py|e2e.orders_test|1 pytest|e2e/cart_test.py|e2e.cart_test|2 pytest|cart_test.py|unit.cart_test|4", "e2e/cart_test.py 2s, e2e/orders_test.py 1s, unit/cart_test.py 4s"},
		{"surefire", java, "com.acme.OrderTest||com.acme.OrderTest|1 com.acme.cart.OrderTest||com.acme.cart.OrderTest|2 com.acme.CartTest||com.acme.CartTest$Empty|4", "src/test/java/com/acme/CartTest.java 4s, src/test/java/com/acme/OrderTest.java 1s, src/test/java/com/acme/cart/OrderTest.java 2s"},
		{"surefire without packages", java, "CartTest||CartTest|1 OrderTest||OrderTest|2", "src/test/java/com/acme/CartTest.java 1s"},
		{"jest-junit with files", script, "cart|e2e/cart.spec.ts|cart_adds|1 cart|/app/e2e/admin/cart.spec.ts|cart_adds|2", "e2e/admin/cart.spec.ts 2s, e2e/cart.spec.ts 1s"},
		{"jest-junit by file path", script, "e2e/cart.spec.ts||cart_adds|1 /app/e2e/login.spec.ts||login|2 cart.spec.ts||cart|4", "e2e/cart.spec.ts 1s, e2e/login.spec.ts 2s"},
		{"playwright", script, "login.spec.ts||login.spec.ts|1 admin/cart.spec.ts||admin/cart.spec.ts|2", "e2e/admin/cart.spec.ts 2s, e2e/login.spec.ts 1s"},
		{"vitest", script, "e2e/cart.spec.ts||e2e/cart.spec.ts|0.5 e2e/cart.spec.ts||e2e/cart.spec.ts|0.25", "e2e/cart.spec.ts 750ms"},
		{"jest-junit as it comes", script, "cart||cart_adds_two|1", ""},
		{"phpunit", "tests/OrderTest.php tests/CartTest.php", `App\OrderTest|/app/tests/OrderTest.php|App.OrderTest|1 tests\CartTest||tests\CartTest|2`, "tests/CartTest.php 2s, tests/OrderTest.php 1s"},
		{"rspec", "spec/order_spec.rb", "rspec|./spec/order_spec.rb|spec.order_spec|1", "spec/order_spec.rb 1s"},
		{"gotest by package", "pkg/orders pkg/cart", "example.com/shop/pkg/orders||example.com/shop/pkg/orders|1 example.com/shop/pkg/cart||example.com/shop/pkg/cart|2 example.com/shop/cart||example.com/shop/cart|4", "pkg/cart 2s, pkg/orders 1s"},
		{"gotest by file", "pkg/orders/orders_test.go", "example.com/shop/pkg/orders||example.com/shop/pkg/orders|1", ""},
		{"Windows", python, `s|C:\src\e2e\orders_test.py||1`, "e2e/orders_test.py 1s"},
		{"half a name", python, "s|e2e/reorders_test.py||1 s||e2e.reorders_test|2 reorders_test.py|||4", ""},
		{"the very name beats a longer one", "cart_test.py e2e/cart_test.py", "s|cart_test.py||1", "cart_test.py 1s"},
		{"the longest stretch", "cart_test.py e2e/cart_test.py", "s|/app/e2e/cart_test.py||1 s||app.e2e.cart_test.TestCart|2", "e2e/cart_test.py 3s"},
		{"a module or a package", "e2e.py e2e/cart_test.py", "s||e2e.cart_test.TestCart|1 s||e2e.TestAll|2", "e2e.py 2s, e2e/cart_test.py 1s"},
		{"files without extensions tell", "a.py a.ts", "s|a.ts|a|1 s||a|2 a.py||a|4", "a.py 4s, a.ts 1s"},
		{"a dot within a name", script, "s||app.spec|1 s||cart.spec|2 s||login.spec.logs_in|4", "e2e/login.spec.ts 4s"},
		{"a class that contradicts", python, "s|cart_test.py|e2e.orders_test|1", ""},
		{"a file that is none of ours", python, "s|conftest.py|e2e.orders_test|1", "e2e/orders_test.py 1s"},
		{"a file twice", "a.py a.py", "s|a.py||1", "a.py 1s"},
		{"as the project writes it", "./a.py", "s|a.py||1", "./a.py 1s"},
		{"no time", "a.py", "s|a.py||0", "a.py 0s"},
		{"nothing", "", "s|a.py|a|1 |||2", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := strings.Fields(tc.files)
			r := timed(t, strings.Fields(tc.lines)...)
			got := r.Timings(files)
			slices.Reverse(files)
			if again := r.Timings(files); !maps.Equal(got, again) {
				t.Errorf("got %v, and %v with the files the other way round", got, again)
			}
			var list []string
			for _, file := range slices.Sorted(maps.Keys(got)) {
				list = append(list, fmt.Sprintf("%s %s", file, got[file]))
			}
			if text := strings.Join(list, ", "); text != tc.want {
				t.Errorf("got %s, want %s", text, tc.want)
			}
		})
	}
}

// TestTimingsOfSamples reads what the reporters themselves wrote.
func TestTimingsOfSamples(t *testing.T) {
	for sample, file := range map[string]string{
		"pytest":   "tests/test_order.py",
		"surefire": "src/test/java/com/example/OrderTest.java",
		"jest":     "src/cart.test.js",
		"phpunit":  "tests/OrderTest.php",
	} {
		data, err := os.ReadFile(filepath.Join("testdata", "read", sample+".xml"))
		if err != nil {
			t.Fatal(err)
		}
		r := parse(t, data)
		if got, want := r.Timings([]string{file, "other/file.py"}), r.Counts().Time; len(got) != 1 || got[file] == 0 || got[file] > want {
			t.Errorf("%s: got %v, want something up to %v for %s", sample, got, want, file)
		}
	}
}

// TestTimingsOfMuch has names that a container could keep us busy with.
func TestTimingsOfMuch(t *testing.T) {
	const much = 1 << 20
	r := report.Report{Suites: []report.Suite{{
		Name:  strings.Repeat("a/", much),
		Cases: []report.Case{{File: strings.Repeat("/a", much), Class: strings.Repeat("a.", much), Time: time.Second}},
	}}}
	if got := r.Timings([]string{"a", "a/a", strings.Repeat("a/", 100) + "a"}); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
