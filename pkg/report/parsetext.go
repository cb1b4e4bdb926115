package report

import (
	"encoding/xml"
	"errors"
	"strings"
)

// errDeep ends a document that was made to fill the memory with open elements.
var errDeep = errors.New("its elements are nested too deeply")

// next gives the next token.
func (p *parser) next() (xml.Token, error) {
	token, err := p.dec.Token()
	switch token.(type) {
	case xml.StartElement:
		p.depth++
	case xml.EndElement:
		p.depth--
	}
	if p.depth > maxDepth {
		return nil, errDeep
	}
	return token, err
}

// skip reads to the end of the open element.
func (p *parser) skip() error {
	for inside := p.depth; p.depth >= inside; {
		if _, err := p.next(); err != nil {
			return err
		}
	}
	return nil
}

// children gives the elements inside the open one to each, which must read
// them to their ends.
func (p *parser) children(each func(xml.StartElement) error) error {
	_, err := p.mixed(each)
	return err
}

// mixed does the same, and gives the text around them.
func (p *parser) mixed(each func(xml.StartElement) error) (string, error) {
	var text strings.Builder
	for {
		token, err := p.next()
		if err != nil {
			return visible(text.String()), err
		}
		switch t := token.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			return visible(text.String()), nil
		case xml.StartElement:
			if err := each(t); err != nil {
				return visible(text.String()), err
			}
		}
	}
}

// text adds all text inside the open element, at any depth, to what is there.
func (p *parser) text(to *passage) error {
	var text strings.Builder
	var err error
	for inside := p.depth; p.depth >= inside && err == nil; {
		var token xml.Token
		token, err = p.next()
		if part, ok := token.(xml.CharData); ok {
			text.Write(part)
		}
	}
	to.add(visible(text.String()))
	return err
}

// visible gives nothing in place of white space: a tag that is closed on the
// next line has no text.
func visible(s string) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return s
}

// passage is text that comes in parts, each on lines of its own.
type passage struct{ parts []string }

func (p *passage) add(s string) {
	if s != "" {
		p.parts = append(p.parts, s)
	}
}

func (p *passage) String() string { return strings.Join(p.parts, "\n") }
