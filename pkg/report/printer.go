package report

import (
	"bufio"
	"encoding/xml"
	"io"
	"strings"
)

// printer writes XML, indented, one element after the other. The encoder of
// encoding/xml is not used because it writes every line break of a stack trace
// as a reference.
type printer struct {
	w       *bufio.Writer // keeps the first error
	value   *strings.Replacer
	text    *strings.Replacer
	depth   int
	pending bool // the last start tag is not closed yet
}

func newPrinter(w io.Writer) *printer {
	p := &printer{
		w:     bufio.NewWriter(w),
		value: strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\t", "&#9;", "\n", "&#10;", "\r", "&#13;"),
		text:  strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;"),
	}
	p.put(xml.Header[:len(xml.Header)-1])
	return p
}

// attribute is a name and a value; without a name it is left out.
type attribute struct{ name, value string }

// optional is an attribute that is left out when it is empty.
func optional(name, value string) attribute {
	if value == "" {
		return attribute{}
	}
	return attribute{name, value}
}

// open starts an element on a line of its own.
func (p *printer) open(name string, attrs ...attribute) {
	p.closeTag()
	p.line()
	p.put("<", name)
	for _, a := range attrs {
		if a.name != "" {
			p.put(" ", a.name, `="`, p.value.Replace(clean(a.value)), `"`)
		}
	}
	p.depth++
	p.pending = true
}

// end closes the element that was opened last. One without content is closed in
// its start tag.
func (p *printer) end(name string) {
	p.depth--
	if p.pending {
		p.put("/>")
		p.pending = false
		return
	}
	p.line()
	p.put("</", name, ">")
}

// leaf writes an element that holds text alone. Nothing is added to the text,
// not even an indent.
func (p *printer) leaf(name, text string, attrs ...attribute) {
	p.open(name, attrs...)
	if text == "" {
		p.end(name)
		return
	}
	p.closeTag()
	p.put(p.text.Replace(clean(text)), "</", name, ">")
	p.depth--
}

// output writes what a suite, a case or an attempt printed.
func (p *printer) output(out, err string) {
	if out = visible(out); out != "" {
		p.leaf("system-out", out)
	}
	if err = visible(err); err != "" {
		p.leaf("system-err", err)
	}
}

func (p *printer) finish() error {
	p.put("\n")
	return p.w.Flush()
}

func (p *printer) closeTag() {
	if p.pending {
		p.put(">")
		p.pending = false
	}
}

func (p *printer) line() { p.put("\n", strings.Repeat("  ", p.depth)) }

// put leaves errors to finish, which gets the first of them from the buffer.
func (p *printer) put(parts ...string) {
	for _, s := range parts {
		_, _ = p.w.WriteString(s)
	}
}
