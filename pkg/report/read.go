package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// Read reads a JUnit report of any dialect: testsuites and testsuite nested to
// any depth, counters or none, elements and attributes that it does not know,
// any encoding, characters that XML forbids. At most limit bytes are read, or
// [MaxSize] if it is 0.
//
// The errors are [ErrEmpty], [ErrNotJUnit], [ErrTooLarge], a [*TruncatedError],
// or the one of r. With the last three comes what was read before; a case that
// the break left without a result counts as errored.
func Read(r io.Reader, limit int64) (Report, error) {
	if limit <= 0 {
		limit = MaxSize
	}
	in := &limited{r: r, left: limit}
	p := newParser(utf8Reader(in))
	err := p.run()
	return p.report(), p.explain(err, in.failure())
}

// newParser reads a document that is in UTF-8 already. It is not strict: an
// ampersand that stands for itself must not cost the whole report.
func newParser(r io.Reader) *parser {
	dec := xml.NewDecoder(r)
	dec.Strict = false
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return &parser{dec: dec, left: maxItems}
}

// explain turns what ended the reading, nil at the end of the file, into one of
// the errors that Read promises. What is not the reader's failure is a document
// that cannot be read on.
func (p *parser) explain(err, failure error) error {
	switch {
	case failure != nil:
		return fmt.Errorf("read report: %w", failure)
	case errors.Is(err, ErrTooLarge):
		return fmt.Errorf("read report: %w", err)
	case p.alien && !p.known:
		return fmt.Errorf("read report: %w", ErrNotJUnit)
	case err != nil:
		return p.broken(err)
	case !p.known:
		return fmt.Errorf("read report: %w", ErrEmpty)
	}
	return nil
}

// broken says where the document cannot be read on.
func (p *parser) broken(err error) error {
	line, _ := p.dec.InputPos()
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		err = errors.New(syntax.Msg) // without the line, which is told once
	}
	return &TruncatedError{Line: line, Err: err}
}
