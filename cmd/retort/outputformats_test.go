package main

import (
	"bufio"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// awkward are values that each format has to write in a way of its own.
func awkward() []output {
	return []output{
		{"digest", "sha256:4bdc1c64b2ad"},
		{"ref_app", "127.0.0.1:5000/shop/app@sha256:4bdc1c64b2ad"},
		{"empty", ""},
		{"lines", "one\ntwo=2\n\nEOF"},
		{"spaces", "  both ends  "},
		{"escapes", `C:\new\table #1 !=: "quoted" ${HOME}`},
		{"unicode", "größe 功能 🚀"},
		{"controls", "tab\tbell\a"},
	}
}

func TestGitHubOutputIsReadBack(t *testing.T) {
	var text strings.Builder
	for _, o := range awkward() {
		writeGitHub(&text, o)
	}
	checkOutputs(t, readGitHub(t, text.String()), awkward())
}

// readGitHub reads as the runner does: name=value, or name<<end and lines up to
// that one.
func readGitHub(t *testing.T, text string) map[string]string {
	t.Helper()
	got := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		equals, heredoc := strings.Index(lines.Text(), "="), strings.Index(lines.Text(), "<<")
		if heredoc < 0 || equals >= 0 && equals < heredoc {
			name, value, _ := strings.Cut(lines.Text(), "=")
			got[name] = value
			continue
		}
		name, end, _ := strings.Cut(lines.Text(), "<<")
		var value []string
		for lines.Scan() && lines.Text() != end {
			value = append(value, lines.Text())
		}
		got[name] = strings.Join(value, "\n")
	}
	return got
}

func TestPropertiesAreReadBack(t *testing.T) {
	odd := append(awkward(), output{"a key: with=all #of! \\them", "v"})
	text := properties(odd)
	checkOutputs(t, readProperties(t, text), odd)
	for i := range len(text) {
		if text[i] >= 0x7f {
			t.Fatalf("not ASCII: %q", text)
		}
	}
}

// readProperties reads as java.util.Properties.load says, but for line
// continuations, which nobody writes here.
func readProperties(t *testing.T, text string) map[string]string {
	t.Helper()
	got := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimLeft(strings.TrimSuffix(line, "\n"), " \t\f")
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		end := 0
		for end < len(line) && !strings.ContainsRune(" \t\f=:", rune(line[end])) {
			if line[end] == '\\' {
				end++
			}
			end++
		}
		value := strings.TrimLeft(line[end:], " \t\f")
		if value != "" && (value[0] == '=' || value[0] == ':') {
			value = strings.TrimLeft(value[1:], " \t\f")
		}
		got[unescapeProperty(t, line[:end])] = unescapeProperty(t, value)
	}
	return got
}

func unescapeProperty(t *testing.T, text string) string {
	t.Helper()
	var units []uint16
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' {
			units = append(units, uint16(c))
			continue
		}
		i++
		switch text[i] {
		case 'n':
			units = append(units, '\n')
		case 'u':
			n, err := strconv.ParseUint(text[i+1:i+5], 16, 16)
			if err != nil {
				t.Fatal(err)
			}
			units = append(units, uint16(n))
			i += 4
		default:
			units = append(units, uint16(text[i]))
		}
	}
	return string(utf16.Decode(units))
}

// GitLab takes everything behind the first "=" as it is, up to the line's end.
func TestDotenvIsReadBack(t *testing.T) {
	outputs, _ := outputsOf([]delivered{{"orders", "r/orders@sha256:aa"}, {"billing-api", "r/billing@sha256:bb"}})
	got := map[string]string{}
	for line := range strings.Lines(dotenv(outputs)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		got[name] = value
	}
	want := map[string]string{"RETORT_DIGEST_ORDERS": "sha256:aa", "RETORT_DIGEST_BILLING_API": "sha256:bb"}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func checkOutputs(t *testing.T, got map[string]string, want []output) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d are read back, want %d: %q", len(got), len(want), got)
	}
	for _, o := range want {
		if value, ok := got[o.name]; !ok || value != o.value {
			t.Errorf("%s is read back as %q, want %q", o.name, value, o.value)
		}
	}
}

func TestOutputsOf(t *testing.T) {
	for name, test := range map[string]struct {
		images []delivered
		want   string
		left   string
	}{
		"none":       {nil, "[]", "[]"},
		"one":        {[]delivered{{"orders", "r/o@sha256:aa"}}, "[{digest sha256:aa} {ref r/o@sha256:aa} {digest_orders sha256:aa} {ref_orders r/o@sha256:aa}]", "[]"},
		"no project": {[]delivered{{"", "r/o@sha256:aa"}}, "[{digest sha256:aa} {ref r/o@sha256:aa}]", "[]"},
		"two names that are one": {
			[]delivered{{"a-b", "r/a@sha256:aa"}, {"a.b", "r/b@sha256:bb"}, {"c", "r/c@sha256:cc"}},
			"[{digest_c sha256:cc} {ref_c r/c@sha256:cc}]", "[digest_a_b]",
		},
	} {
		outputs, left := outputsOf(test.images)
		if got := fmt.Sprint(outputs); got != test.want || fmt.Sprint(left) != test.left {
			t.Errorf("%s: got %s and %s left, want %s and %s", name, got, left, test.want, test.left)
		}
	}
	if got := readGitHub(t, githubOutput([]delivered{{"a", "r/a@sha256:aa"}, {"b", "r/b@sha256:bb"}}, nil))["refs"]; got != "r/a@sha256:aa\nr/b@sha256:bb" {
		t.Errorf("refs are %q", got)
	}
}

func TestMarkdownCells(t *testing.T) {
	h := handover{title: "t", header: []string{"A", "B"}, rows: [][]string{{"a|b\nc", "<script>&"}}, note: "why <not>"}
	want := "### t\n\n| A | B |\n| --- | --- |\n| a\\|b c | &lt;script>&amp; |\n\nwhy &lt;not>\n\n"
	if got := h.markdown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
