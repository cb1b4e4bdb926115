package scaffold

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// editor inserts into the text of a compose file. It only ever adds: comments,
// order and spacing of what is there stay.
type editor struct {
	text       []byte
	root       *yaml.Node
	insertions []insertion
}

// insertion is text that goes before the byte at an offset.
type insertion struct {
	at   int
	text string
}

func newEditor(text []byte) (*editor, error) {
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	e := &editor{text: text, root: root}
	if !bytes.HasSuffix(text, []byte("\n")) {
		e.insert(len(text), "\n")
	}
	return e, nil
}

func (e *editor) has(key string) bool {
	_, value := entry(e.root, key)
	return value != nil
}

func (e *editor) service(name string) (key, value *yaml.Node) {
	_, services := entry(e.root, "services")
	return entry(services, name)
}

// name is what the file calls its project, unless a variable decides.
func (e *editor) name() string {
	_, name := entry(e.root, "name")
	if name == nil || strings.Contains(name.Value, "$") {
		return ""
	}
	return nameOf(name.Value)
}

// image is what a service's image is called, variables and all.
func (e *editor) image(service string) string {
	_, mapping := e.service(service)
	_, image := entry(mapping, "image")
	if image == nil {
		return ""
	}
	return image.Value
}

// intoService gives a service one more key, before the others. It is false for
// a service that has no mapping of its own here.
func (e *editor) intoService(name, key, value string) bool {
	at, mapping := e.service(name)
	if mapping == nil || mapping.Kind != yaml.MappingNode || len(mapping.Content) == 0 {
		return false
	}
	if mapping.Style&yaml.FlowStyle != 0 {
		from := e.offset(mapping.Line, mapping.Column)
		open := bytes.IndexByte(e.text[from:], '{')
		if open < 0 {
			return false
		}
		e.insert(from+open+1, fmt.Sprintf(" %s: %s,", key, inFlow(value)))
		return true
	}
	first := mapping.Content[0]
	if first.Line <= at.Line {
		return false
	}
	e.insert(e.offset(at.Line+1, 1), fmt.Sprintf("%s%s: %s\n", strings.Repeat(" ", first.Column-1), key, value))
	return true
}

// inFlow quotes a reference with a variable in it, whose braces would end a
// flow mapping.
func inFlow(value string) string {
	if strings.HasPrefix(value, "$") {
		return fmt.Sprintf("%q", value)
	}
	return value
}

// appendRoot puts text at the end of the file, behind an empty line.
func (e *editor) appendRoot(text string) {
	e.insert(len(e.text), "\n"+text)
}

func (e *editor) insert(at int, text string) {
	e.insertions = append(e.insertions, insertion{at, text})
}

// apply gives the new text. It is read back: what was there must be there still.
func (e *editor) apply() ([]byte, error) {
	slices.SortStableFunc(e.insertions, func(a, b insertion) int { return cmp.Compare(a.at, b.at) })
	crlf := bytes.Contains(e.text, []byte("\r\n"))
	var out bytes.Buffer
	done := 0
	for _, i := range e.insertions {
		out.Write(e.text[done:i.at])
		done = i.at
		if crlf {
			i.text = strings.ReplaceAll(i.text, "\n", "\r\n")
		}
		out.WriteString(i.text)
	}
	out.Write(e.text[done:])
	root, err := parse(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("its layout is one that cannot be added to: %w", err)
	}
	if !holds(root, e.root) {
		return nil, errors.New("its layout is one that cannot be added to")
	}
	return out.Bytes(), nil
}

// offset is where a line and a column begin. Columns count characters.
func (e *editor) offset(line, column int) int {
	at := 0
	for range line - 1 {
		end := bytes.IndexByte(e.text[at:], '\n')
		if end < 0 {
			return len(e.text)
		}
		at += end + 1
	}
	for range column - 1 {
		_, size := utf8.DecodeRune(e.text[at:])
		at += size
	}
	return at
}
