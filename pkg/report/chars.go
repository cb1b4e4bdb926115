package report

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// isChar says whether XML 1.0 can carry r (section 2.2, Char).
func isChar(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r',
		r >= 0x20 && r <= 0xd7ff, r >= 0xe000 && r <= 0xfffd, r >= 0x10000 && r <= 0x10ffff:
		return true
	}
	return false
}

// escapes are the sequences that colour a terminal's output.
var escapes = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]`)

// clean drops what XML 1.0 cannot carry: Jenkins refuses the whole file for one
// such character. Of coloured output the whole sequences go.
func clean(s string) string {
	if strings.Contains(s, "\x1b[") {
		s = escapes.ReplaceAllLiteralString(s, "")
	}
	return strings.Map(func(r rune) rune {
		if isChar(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
}

// legal is a transformer that drops the same from an XML document, and the
// references to such characters too (&#27;). Bytes that are not UTF-8 become
// U+FFFD: they are most often a few words of Latin-1 in a test's output.
type legal struct{ transform.NopResetter }

var _ transform.Transformer = legal{}

// longestRef is more than any reference that has a meaning takes. Leading zeros
// can make one longer; the decoder then says what is wrong with it.
const longestRef = 16

// Transform implements transform.Transformer.
func (legal) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		rest := src[nSrc:]
		if !atEOF && incomplete(rest) {
			return nDst, nSrc, transform.ErrShortSrc
		}
		if n := illegalRef(rest); n > 0 {
			nSrc += n
			continue
		}
		r, size := utf8.DecodeRune(rest)
		if isChar(r) {
			if nDst+utf8.RuneLen(r) > len(dst) {
				return nDst, nSrc, transform.ErrShortDst
			}
			nDst += utf8.EncodeRune(dst[nDst:], r)
		}
		nSrc += size
	}
	return nDst, nSrc, nil
}

// incomplete says whether more bytes are needed to tell what b begins with.
func incomplete(b []byte) bool {
	if b[0] == '&' {
		return len(b) < longestRef && bytes.IndexByte(b, ';') < 0
	}
	return !utf8.FullRune(b)
}

// illegalRef is the length of the reference at the start of b if it names a
// character that XML 1.0 cannot carry, else 0.
func illegalRef(b []byte) int {
	if b[0] != '&' {
		return 0
	}
	end := bytes.IndexByte(b[:min(len(b), longestRef)], ';')
	if end < 0 {
		return 0
	}
	digits, ok := strings.CutPrefix(string(b[:end]), "&#")
	if !ok {
		return 0
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	code, err := strconv.ParseUint(digits, base, 32)
	if err != nil || code <= utf8.MaxRune && isChar(rune(code)) {
		return 0
	}
	return end + 1
}
