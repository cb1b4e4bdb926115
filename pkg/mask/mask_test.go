package mask_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/mask"
)

func TestText(t *testing.T) {
	tests := []struct {
		name    string
		secrets []string
		text    string
		want    string
	}{
		{"none", nil, "hello", "hello"},
		{"one", []string{"hunter2"}, "a hunter2 b hunter2", "a *** b ***"},
		{"too short", []string{"abc"}, "abc", "abc"},
		{"characters, not bytes", []string{"äöü"}, "äöü", "äöü"},
		{"empty", []string{""}, "x", "x"},
		{"one in another", []string{"pass", "password1"}, "password1 pass passw", "*** *** ***w"},
		{"overlapping", []string{"abcd", "cdef"}, "xabcdefx", "x***x"},
		{"overlapping itself", []string{"abab"}, "ababab", "***"},
		{"touching", []string{"abcd"}, "abcdabcd", "***"},
		{"a key of several lines", []string{"BEGIN KEY\nMIIEvQIBADANBg\nx\n"}, "| BEGIN KEY\n| MIIEvQIBADANBg\n| x", "| ***\n| ***\n| x"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := mask.NewSet(tc.secrets...).Text(tc.text); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	if got := (*mask.Set)(nil).Text("hunter2"); got != "hunter2" {
		t.Errorf("a nil set gave %q", got)
	}
}

func TestWriterHoldsBackNoMore(t *testing.T) {
	var out bytes.Buffer
	set := mask.NewSet("hunter2")
	w := mask.NewWriter(&out, set)
	steps := []struct{ write, seen string }{
		{"a hun", "a "},
		{"ter", "a "},
		{"2 b hun", "a *** b "},
		{"t", "a *** b "},
		{"!", "a *** b hunt!"},
		{"hunter", "a *** b hunt!"},
	}
	for _, s := range steps {
		if n, err := w.Write([]byte(s.write)); n != len(s.write) || err != nil {
			t.Fatalf("Write(%q) is %d, %v", s.write, n, err)
		}
		if out.String() != s.seen {
			t.Fatalf("after %q: %q, want %q", s.write, out.String(), s.seen)
		}
	}
	if err := w.Close(); err != nil || out.String() != "a *** b hunt!hunter" {
		t.Errorf("closed: %q, %v", out.String(), err)
	}
	set.Add("later")
	if _, err := w.Write([]byte(" later\n")); err != nil || !strings.HasSuffix(out.String(), "hunter ***\n") {
		t.Errorf("a secret added later: %q, %v", out.String(), err)
	}
}

func TestWriterPassesErrorsOn(t *testing.T) {
	w := mask.NewWriter(broken{}, mask.NewSet("hunter2"))
	if _, err := w.Write([]byte("x")); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// FuzzWriter checks that no secret gets through, that all else does, and that
// it does not matter where writes end.
func FuzzWriter(f *testing.F) {
	f.Add("the password is hunter2.", "hunter2", "assw", uint8(3))
	f.Add("ababa", "abab", "", uint8(0))
	f.Add("ababababcabab", "abab", "babc", uint8(1))
	f.Add("aaaaaaaaaaa", "aaaa", "aaaaaa", uint8(2))
	f.Add("abcdefgh", "abcd", "cdefg", uint8(5))
	f.Add("-----BEGIN\nMIIEvQIBADANBg\n", "-----BEGIN\nMIIEvQIBADANBg", "", uint8(7))
	f.Fuzz(func(t *testing.T, text, one, two string, size uint8) {
		if strings.Contains(one+two, "*") {
			return // a marker could complete it
		}
		set := mask.NewSet(one, two)
		var out bytes.Buffer
		w := mask.NewWriter(&out, set)
		for rest := []byte(text); len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got := out.String()
		if want := set.Text(text); got != want {
			t.Fatalf("in writes of %d: %q, in one: %q", int(size)+1, got, want)
		}
		for _, secret := range []string{one, two} {
			if len([]rune(secret)) >= 4 && strings.Contains(got, secret) {
				t.Fatalf("%q is in %q", secret, got)
			}
		}
		checkRest(t, text, got)
	})
}

// checkRest checks that got is text with stretches replaced: what stands
// between the markers stands in text, in that order.
func checkRest(t *testing.T, text, got string) {
	t.Helper()
	if strings.Contains(text, "*") {
		return
	}
	at := 0
	for part := range strings.SplitSeq(got, "***") {
		i := strings.Index(text[at:], part)
		if i < 0 {
			t.Fatalf("%q is not in the rest of %q", part, text)
		}
		at += i + len(part)
	}
	if !strings.Contains(got, "***") && got != text {
		t.Fatalf("%q became %q", text, got)
	}
}
