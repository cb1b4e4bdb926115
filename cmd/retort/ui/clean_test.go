package ui

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	tests := map[string]string{
		"plain text, 世界":                 "plain text, 世界",
		"a\tb":                           "a\tb",
		"\x1b[1;31mred\x1b[0m":           "red",
		"\u009b31mred\u009b0m":           "red",
		"\x1b]0;title\atext":             "text",
		"\x1b]0;title\x1b\\text":         "text",
		"\x1b]0;a\x1b\\b\ac":             "b" + "c",
		"\x1b]0;never ends":              "0;never ends",
		"\x1b[2J\x1b[1;1Hcleared":        "cleared",
		"10%\r50%\r100%":                 "100%",
		"text\r":                         "text",
		"text\r\nmore\r\n":               "text\nmore\n",
		"bell\a back\b null\x00 del\x7f": "bell back null del",
		"\xff\xfe":                       "\uFFFD",
		"\x1b":                           "",
		"\x1b[":                          "",
		"\x1b[31":                        "",
		"\x1b[31é":                       "é",
		"\x1bcreset":                     "creset",
	}
	for text, want := range tests {
		if got := clean(text); got != want {
			t.Errorf("clean(%q) is %q, want %q", text, got, want)
		}
	}
}

// FuzzClean checks that nothing a container prints can steer a terminal.
func FuzzClean(f *testing.F) {
	f.Add("\x1b[1;31mred\x1b[0m\r\n")
	f.Add("\x1b]0;title\a\u009d\u009b31m")
	f.Add("10%\r100%\xff")
	f.Fuzz(func(t *testing.T, text string) {
		got := clean(text)
		if !utf8.ValidString(got) {
			t.Fatalf("clean(%q) is %q: not UTF-8", text, got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if i := strings.IndexFunc(line, control); i >= 0 {
				t.Fatalf("clean(%q) is %q: a control character at %d", text, got, i)
			}
		}
		if again := clean(got); again != got {
			t.Fatalf("clean(%q) is %q, and of that %q", text, got, again)
		}
		if strings.Count(got, "\n") != strings.Count(text, "\n") {
			t.Fatalf("clean(%q) is %q: lines were lost", text, got)
		}
	})
}

func TestSpan(t *testing.T) {
	tests := map[time.Duration]string{
		0:                               "0.0s",
		340 * time.Millisecond:          "0.3s",
		59940 * time.Millisecond:        "59.9s",
		59970 * time.Millisecond:        "1m00s",
		125 * time.Second:               "2m05s",
		time.Hour - 1:                   "1h00m",
		time.Hour - time.Second:         "59m59s",
		62*time.Minute + 29*time.Second: "1h02m",
		26 * time.Hour:                  "26h00m",
	}
	for d, want := range tests {
		if got := span(d); got != want {
			t.Errorf("span(%v) is %q, want %q", d, got, want)
		}
	}
}

func TestBytesOf(t *testing.T) {
	tests := map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_949: "999.9 kB", 999_950: "1.0 MB",
		80_000_000: "80.0 MB", 1_500_000_000: "1.5 GB", 2_000_000_000_000_000: "2000.0 TB",
	}
	for n, want := range tests {
		if got := bytesOf(n); got != want {
			t.Errorf("bytesOf(%d) is %q, want %q", n, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		text  string
		width int
		want  string
	}{
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"世界世界", 8, "世界世界"},
		{"世界世界", 7, "世界世…"},
		{"世界世界", 6, "世界…"},
		{"x", 0, ""},
		{"xy", 1, "…"},
		{"", 0, ""},
	}
	for _, tc := range tests {
		if got := cut(tc.text, tc.width); got != tc.want {
			t.Errorf("cut(%q, %d) is %q, want %q", tc.text, tc.width, got, tc.want)
		}
	}
}
