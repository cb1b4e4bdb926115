package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/retort-ci/retort/pkg/report"
)

func TestFromGoTest(t *testing.T) {
	for name, data := range samples(t, "gotest/*.*") {
		t.Run(name, func(t *testing.T) {
			got, err := report.FromGoTest(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "gotest/"+name+".golden.xml", write(t, got))
		})
	}
}

func TestFromGoTestNothing(t *testing.T) {
	for in, want := range map[string]error{
		"":                                 report.ErrEmpty,
		"\n\n":                             report.ErrEmpty,
		"sh: go: not found\n":              report.ErrNotGoTest,
		"\x00\xff\x1b":                     report.ErrNotGoTest,
		`{"level":"info","msg":"hello"}`:   report.ErrNotGoTest,
		`<testsuite name="a"/>`:            report.ErrNotGoTest,
		"go: cannot find main module...\n": report.ErrNotGoTest,
	} {
		got, err := report.FromGoTest(strings.NewReader(in))
		if !errors.Is(err, want) || len(got.Suites) > 0 {
			t.Errorf("%q: got %+v, %v; want %v", in, got, err, want)
		}
	}
}

// A package without tests is no reason to complain.
func TestFromGoTestNoTests(t *testing.T) {
	in := `{"Action":"output","Package":"p","Output":"?   \tp\t[no test files]\n"}` + "\n" + `{"Action":"skip","Package":"p"}` + "\n"
	if got, err := report.FromGoTest(strings.NewReader(in)); err != nil || len(got.Suites) > 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Wherever the output of a killed container ends, it says so, and no test that
// did not end counts as passed.
func TestFromGoTestTruncated(t *testing.T) {
	data := samples(t, "gotest/mixed.json")["mixed"]
	whole, err := report.FromGoTest(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	passed := map[string]bool{}
	for row := range whole.Rows() {
		passed[row.Title()] = row.Status == report.Passed
	}
	for n := 1; n < len(data)-1; n += 7 {
		got, err := report.FromGoTest(bytes.NewReader(data[:n]))
		// Between two packages nothing shows that there should be more.
		between := data[n-1] == '\n' || data[n] == '\n'
		if _, truncated := errors.AsType[*report.TruncatedError](err); !truncated && !between {
			t.Fatalf("of %d bytes: got error %v", n, err)
		}
		for row := range got.Rows() {
			if row.Status == report.Passed && !passed[row.Title()] {
				t.Fatalf("of %d bytes: %s counts as passed", n, row.Title())
			}
		}
	}
}

func TestFromGoTestBreaksOffBetweenTests(t *testing.T) {
	in := `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"the last words\n"}
`
	got, err := report.FromGoTest(strings.NewReader(in))
	if broken, ok := errors.AsType[*report.TruncatedError](err); !ok || broken.Line != 3 {
		t.Errorf("got error %v, want one at line 3", err)
	}
	failed := got.Failed()
	if len(failed) != 1 || failed[0].Name != "[package failed]" || failed[0].Text != "the last words" {
		t.Errorf("got %+v, want a case for the package", failed)
	}
}

func TestFromGoTestFailingReader(t *testing.T) {
	broken := errors.New("connection reset")
	in := io.MultiReader(strings.NewReader(`{"Action":"run","Package":"p","Test":"TestA"}`+"\n"), iotest.ErrReader(broken))
	got, err := report.FromGoTest(in)
	if !errors.Is(err, broken) || got.Counts().Errored != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Ten megabytes of one test's output, with lines of all lengths, leave its end.
func TestFromGoTestLongOutput(t *testing.T) {
	var in bytes.Buffer
	fmt.Fprintln(&in, `{"Action":"run","Package":"p","Test":"TestLoud"}`)
	for i := range 4000 {
		out := fmt.Sprintf("%d %s\\n", i, strings.Repeat("x", i))
		fmt.Fprintf(&in, `{"Action":"output","Package":"p","Test":"TestLoud","Output":"%s"}`+"\n", out)
	}
	fmt.Fprintln(&in, strings.Repeat("a line that is no event ", 100_000))
	fmt.Fprintln(&in, `{"Action":"output","Package":"p","Test":"TestLoud","Output":"    p_test.go:1: the reason\n"}`)
	fmt.Fprintln(&in, `{"Action":"fail","Package":"p","Test":"TestLoud"}`)
	fmt.Fprintln(&in, `{"Action":"fail","Package":"p"}`)
	got, err := report.FromGoTest(&in)
	if err != nil {
		t.Fatal(err)
	}
	c := got.Suites[0].Cases[0]
	if c.Message != "the reason" || c.Status != report.Failed {
		t.Errorf("got %v, %q", c.Status, c.Message)
	}
	if n := len(c.Text); n < 32<<10 || n > 160<<10 {
		t.Errorf("kept %d bytes", n)
	}
	if first, _, _ := strings.Cut(c.Text, "\n"); !strings.HasSuffix(first, " bytes of output before this are left out]") {
		t.Errorf("got first line %.100q", first)
	}
}

// go-junit-report's parser would take long for as many tests in one package.
func TestFromGoTestManyTests(t *testing.T) {
	const tests = 20_000
	var in bytes.Buffer
	for i := range tests {
		fmt.Fprintf(&in, `{"Action":"run","Package":"p","Test":"TestA/%d"}`+"\n", i)
		fmt.Fprintf(&in, `{"Action":"pass","Package":"p","Test":"TestA/%d"}`+"\n", i)
	}
	fmt.Fprintln(&in, `{"Action":"pass","Package":"p"}`)
	got, err := report.FromGoTest(&in)
	if err != nil || got.Counts().Passed != tests {
		t.Errorf("got %+v, %v", got.Counts(), err)
	}
}
