package mask_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/mask"
)

// codings are those of RFC 4648, 4 and 5.
func codings() []*base64.Encoding {
	return []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding}
}

func TestBase64(t *testing.T) {
	set := mask.NewSet("hunter2")
	for text, want := range map[string]string{
		"aHVudGVyMg== is hunter2":                   "*** is ***",
		"aHVudGVyMg":                                "***",
		"Authorization: Basic bWU6aHVudGVyMg==":     "Authorization: Basic bWU6***",
		"Authorization: Basic YWxpY2U6aHVudGVyMg==": "Authorization: Basic YWxpY2U6***",
		"aGVsbG8gd29ybGQ=":                          "aGVsbG8gd29ybGQ=", // hello world
	} {
		if got := set.Text(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// Wherever a secret stands in what is coded, no more than the characters that it
// shares with its neighbours remain, six bits at either end.
func TestBase64Anywhere(t *testing.T) {
	for _, secret := range []string{"pass", "hunter2", "correct horse", "\xff\xfe\xfd\xfc??>>", "ключ-от-квартиры"} {
		set := mask.NewSet(secret)
		for before := range 7 {
			for after := range 7 {
				plain := strings.Repeat("u", before) + secret + strings.Repeat("v", after)
				for i, coding := range codings() {
					coded := coding.EncodeToString([]byte(plain))
					got := set.Text(coded)
					left := len(strings.Replace(got, "***", "", 1))
					if most := (before*8+7)/6 + 1 + (after*8+7)/6 + 3; !strings.Contains(got, "***") || left > most {
						t.Errorf("%q in coding %d becomes %q of %q", plain, i, got, coded)
					}
				}
			}
		}
	}
}

// FuzzBase64 writes a coded secret in pieces.
func FuzzBase64(f *testing.F) {
	f.Add("user:", "hunter2", "", uint8(3), uint8(0))
	f.Add("", "pass", "word", uint8(1), uint8(2))
	f.Fuzz(func(t *testing.T, before, secret, after string, size, coding uint8) {
		if len([]rune(secret)) < 4 || strings.Contains(secret, "\n") {
			return
		}
		coded := codings()[int(coding)%4].EncodeToString([]byte(before + secret + after))
		var out bytes.Buffer
		w := mask.NewWriter(&out, mask.NewSet(secret))
		for rest := []byte(coded); len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil || !strings.Contains(out.String(), "***") {
			t.Fatalf("%q becomes %q (%v)", coded, out.String(), err)
		}
	})
}

// A line of a build against the secrets of a large project: forty, and a key of
// many lines.
func BenchmarkText(b *testing.B) {
	set := mask.NewSet()
	for i := range 40 {
		set.Add(fmt.Sprintf("a-secret-of-the-usual-length-%d", i))
	}
	set.Add(strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n", 30))
	line := "#12 12.34 npm warn deprecated something@1.2.3: this version is no longer supported, see https://example.com"
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		set.Text(line)
	}
}
