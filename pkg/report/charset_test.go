package report_test

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"github.com/retort-ci/retort/pkg/report"
)

// The same report in every encoding says the same.
func TestReadEncodings(t *testing.T) {
	le, be := unicode.LittleEndian, unicode.BigEndian
	for _, tt := range []struct {
		name, label, text string
		enc               encoding.Encoding
	}{
		{"none said", "", "café – 試験", unicode.UTF8},
		{"UTF-8", "UTF-8", "café – 試験", unicode.UTF8},
		{"UTF-8 with a mark", "utf-8", "café – 試験", unicode.UTF8BOM},
		{"UTF-8 with a mark that says Latin-1", "ISO-8859-1", "café – 試験", unicode.UTF8BOM},
		{"UTF-8 that says UTF-16", "utf-16", "café – 試験", unicode.UTF8},
		{"UTF-8 that says nonsense", "x-nonsense", "café – 試験", unicode.UTF8},
		{"UTF-16 with a mark", "UTF-16", "café – 試験", unicode.UTF16(le, unicode.UseBOM)},
		{"UTF-16 big endian with a mark", "UTF-16", "café – 試験 😀", unicode.UTF16(be, unicode.UseBOM)},
		{"UTF-16 without a mark", "UTF-16LE", "café – 試験 😀", unicode.UTF16(le, unicode.IgnoreBOM)},
		{"UTF-16 big endian without a mark", "UTF-16BE", "café – 試験", unicode.UTF16(be, unicode.IgnoreBOM)},
		{"Latin-1", "ISO-8859-1", "café", charmap.ISO8859_1},
		{"Latin-1 by another name", "latin1", "café", charmap.ISO8859_1},
		{"Windows", "windows-1252", "café – “x”", charmap.Windows1252},
		{"Cyrillic", "windows-1251", "кофе", charmap.Windows1251},
		{"Japanese", "Shift_JIS", "試験", japanese.ShiftJIS},
	} {
		t.Run(tt.name, func(t *testing.T) {
			declaration := `<?xml version="1.0" encoding="` + tt.label + `"?>`
			if tt.label == "" {
				declaration = ""
			}
			in, err := tt.enc.NewEncoder().String(declaration + `<testsuite name="` + tt.text + `"><testcase name="x"/></testsuite>`)
			if err != nil {
				t.Fatal(err)
			}
			got := parse(t, []byte(in))
			if got.Suites[0].Name != tt.text || len(got.Suites[0].Cases) != 1 {
				t.Errorf("got %+q, want %+q", got.Suites[0].Name, tt.text)
			}
		})
	}
}

func TestReadVersion11(t *testing.T) {
	in := `<?xml version="1.1" encoding="UTF-8"?><testsuite name="a"><testcase name="&#1;b"/></testsuite>`
	if got := parse(t, []byte(in)).Suites[0].Cases[0].Name; got != "b" {
		t.Errorf("got %q", got)
	}
}

// Jenkins takes these characters as fatal; they cost a report nothing here.
func TestReadIllegalCharacters(t *testing.T) {
	for in, want := range map[string]string{
		"a\x00b\x1b[0m\x7f":            "ab[0m\x7f",
		"&#0;&#x1;&#27;&#x1F;&#xFFFE;": "",
		"&#9;|&#10;|&#x41;|&#x1F600;":  "\t|\n|A|😀",
		"&#xD800;&#99999999;&#x110000": "&#x110000",
		"\ufffe\uffff\ufffd":           "\ufffd",
		"caf\xe9 \xc3\xa9":             "caf\ufffd é",
		"&;&#;&#x;&lt;&nbsp;":          "&;&#;&#x;<&nbsp;",
	} {
		got := parse(t, []byte(`<testsuite><testcase><failure>.`+in+`</failure></testcase></testsuite>`))
		if text := got.Suites[0].Cases[0].Text; text != "."+want {
			t.Errorf("%q: got %q, want %q", in, text, "."+want)
		}
	}
}

// References and characters lie on the borders of every buffer somewhere.
func TestReadIllegalCharactersAnywhere(t *testing.T) {
	for pad := 4096 - 64; pad < 4096+8; pad++ {
		in := `<testsuite><testcase><failure>` + strings.Repeat("-", pad) + "&#27;&amp;é&#x1b;\x01&#x41;</failure></testcase></testsuite>"
		got := parse(t, []byte(in)).Suites[0].Cases[0].Text
		if want := strings.Repeat("-", pad) + "&éA"; got != want {
			t.Fatalf("with %d characters before: got %q", pad, strings.TrimLeft(got, "-"))
		}
	}
}

func TestWriteCleans(t *testing.T) {
	dirty := "\x1b[1;31mred\x1b[0m\x00\xff\ufffe ]]> &amp; \r\n\ttab"
	r := report.Report{Suites: []report.Suite{{
		Name: dirty, Hostname: dirty, SystemOut: dirty, Properties: []report.Property{{Name: dirty, Value: dirty}},
		Cases: []report.Case{{Name: dirty, Class: dirty, Status: report.Errored, Message: dirty, Type: dirty, Text: dirty}},
	}}}
	out := write(t, r)
	if bytes.ContainsAny(out, "\x00\x1b\r\xff") {
		t.Errorf("got %q", out)
	}
	const want = "red ]]> &amp; \r\n\ttab"
	got := parse(t, out).Suites[0]
	for _, s := range []string{got.Name, got.Hostname, got.SystemOut, got.Properties[0].Value, got.Cases[0].Message, got.Cases[0].Text} {
		if s != want {
			t.Errorf("got %q, want %q", s, want)
		}
	}
}
