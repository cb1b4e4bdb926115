package report

import (
	"bufio"
	"bytes"
	"io"
	"regexp"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// declaration finds the encoding that an XML declaration names.
var declaration = regexp.MustCompile(`^\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']`)

// version finds a version of XML in the declaration that encoding/xml refuses.
var version = regexp.MustCompile(`^(\s*<\?xml\s+version\s*=\s*["'])1\.[1-9]`)

// utf8Reader gives the document in UTF-8, without a byte order mark and with
// legal characters only.
func utf8Reader(r *limited) io.Reader {
	in := bufio.NewReader(r)
	// limited gives an error again with the next Read, as transform.Reader does.
	head, _ := in.Peek(512)
	var decoder transform.Transformer = transform.Nop
	if enc := charset(head); enc != nil {
		decoder = enc.NewDecoder()
	} else if mark := []byte("\ufeff"); bytes.HasPrefix(head, mark) {
		_, _ = in.Discard(len(mark))
	}
	return asVersion1(bufio.NewReader(transform.NewReader(in, transform.Chain(decoder, legal{}))))
}

// asVersion1 makes version 1.0 of a document of version 1.1. They differ in the
// characters that are allowed, and those are gone.
func asVersion1(r *bufio.Reader) io.Reader {
	head, _ := r.Peek(64)
	if m := version.FindSubmatch(head); m != nil {
		start := string(m[1]) + "1.0"
		_, _ = r.Discard(len(m[0]))
		return io.MultiReader(strings.NewReader(start), r)
	}
	return r
}

// charset is the encoding of a document that begins with head, nil for UTF-8
// (XML 1.0, appendix F). What the bytes show goes before what the document
// says: files that say UTF-16 and are UTF-8 are common.
func charset(head []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case bytes.HasPrefix(head, []byte{'<', 0}):
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case bytes.HasPrefix(head, []byte{0, '<'}):
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	m := declaration.FindSubmatch(head)
	if m == nil {
		return nil
	}
	return named(strings.ToLower(string(m[1])))
}

// named finds an encoding by its label. One that nobody knows is read as UTF-8:
// the names and verdicts of nearly all reports are ASCII.
func named(label string) encoding.Encoding {
	enc, err := htmlindex.Get(label)
	if err != nil || strings.HasPrefix(label, "utf") {
		return nil
	}
	return enc
}
