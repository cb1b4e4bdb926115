package gitops

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// span is the text of a scalar, its quotes within.
type span struct {
	from, to int
	quote    byte // ' or ", 0 of a plain one
}

var (
	errBlock = errors.New("what stands here goes over several lines")
	errEmpty = errors.New("nothing stands here")
)

// spanOf finds the text of a scalar, of one line.
func spanOf(text []byte, n *yaml.Node) (span, error) {
	from := skipProperties(text, offset(text, n.Line, n.Column))
	rest := text[from:]
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return span{}, errBlock
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return quoted(rest, from, '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return quoted(rest, from, '\'')
	case n.Value == "":
		return span{}, errEmpty
	case !bytes.HasPrefix(rest, []byte(n.Value)):
		return span{}, errBlock
	}
	return span{from: from, to: from + len(n.Value)}, nil
}

// quoted is the span of a scalar in quotes that rest, at an offset, begins with.
func quoted(rest []byte, from int, quote byte) (span, error) {
	if len(rest) == 0 || rest[0] != quote {
		return span{}, errBlock
	}
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\n' || c == '\r':
			return span{}, errBlock
		case quote == '"' && c == '\\':
			i++
		case c == quote && quote == '\'' && i+1 < len(rest) && rest[i+1] == quote:
			i++
		case c == quote:
			return span{from, from + i + 1, quote}, nil
		}
	}
	return span{}, errBlock
}

// plain is what needs no quotes anywhere.
var plain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]*$`)

// write is the text that says what is wanted, in the quotes that were there.
func (s span) write(says string) string {
	switch {
	case s.quote == '\'' && plain.MatchString(says):
		return "'" + says + "'"
	case s.quote == 0 && plain.MatchString(says):
		return says
	}
	return strconv.Quote(says)
}

// skipProperties goes past the anchor and the tag of a node.
func skipProperties(text []byte, at int) int {
	for at < len(text) && (text[at] == '&' || text[at] == '!') {
		end := bytes.IndexAny(text[at:], " \t\r\n")
		if end < 0 {
			return len(text)
		}
		at += end
		for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
			at++
		}
	}
	return at
}

// offset is where a line and a column begin, both from 1. As in YAML 1.1, columns
// count characters, but for a byte order mark, and there are more line breaks than
// the usual ones.
func offset(text []byte, line, column int) int {
	at := 0
	if bytes.HasPrefix(text, []byte("\uFEFF")) {
		at = len("\uFEFF")
	}
	for line > 1 && at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		at += size
		switch r {
		case '\r':
			if at < len(text) && text[at] == '\n' {
				at++
			}
			line--
		case '\n', '\u0085', '\u2028', '\u2029':
			line--
		}
	}
	for ; column > 1 && at < len(text); column-- {
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return at
}
