package structure

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxDepth bounds the nesting of a JSON file; the format needs six levels.
const maxDepth = 64

// place is a line and a column, from 1.
type place struct{ line, col int }

// parseJSON makes of JSON the nodes that YAML would give, each with its place.
// YAML's own parser is not used, since JSON is not quite a part of YAML: the
// escapes of characters beyond the 16-bit ones are read differently.
func parseJSON(data []byte) (*yaml.Node, place, error) {
	p := jsonParser{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	p.decoder.UseNumber()
	node, err := p.value(0)
	if err == nil {
		if _, err = p.next(); errors.Is(err, io.EOF) {
			return node, place{}, nil
		}
		err = cmp.Or(err, errors.New("something follows the value"))
	}
	at := p.at
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = s.Offset
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		at, err = int64(len(data)), errors.New("the file ends too early")
	}
	return nil, p.place(at), err
}

type jsonParser struct {
	data    []byte
	decoder *json.Decoder
	at      int64 // where the latest token begins
	lines   []int64
}

func (p *jsonParser) next() (json.Token, error) {
	p.at = p.decoder.InputOffset()
	for p.at < int64(len(p.data)) && strings.IndexByte(" \t\r\n,:", p.data[p.at]) >= 0 {
		p.at++
	}
	return p.decoder.Token()
}

func (p *jsonParser) value(depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, errors.New("nested too deeply")
	}
	token, err := p.next()
	if err != nil {
		return nil, err
	}
	at := p.place(p.at)
	node := &yaml.Node{Kind: yaml.ScalarNode, Line: at.line, Column: at.col}
	switch t := token.(type) {
	case json.Delim:
		node.Kind, node.Tag = yaml.MappingNode, "!!map"
		if t == '[' {
			node.Kind, node.Tag = yaml.SequenceNode, "!!seq"
		}
		if err := p.fill(node, depth); err != nil {
			return nil, err
		}
	case string:
		node.Tag, node.Value = "!!str", t
	case json.Number:
		node.Tag, node.Value = "!!int", t.String()
		if strings.ContainsAny(node.Value, ".eE") {
			node.Tag = "!!float"
		}
	case bool:
		node.Tag, node.Value = "!!bool", "false"
		if t {
			node.Value = "true"
		}
	default:
		node.Tag = "!!null"
	}
	return node, nil
}

// fill reads what is in an object, keys and values in turn, or in an array.
func (p *jsonParser) fill(node *yaml.Node, depth int) error {
	for p.decoder.More() {
		child, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		node.Content = append(node.Content, child)
	}
	_, err := p.next()
	return err
}

// place is that of a byte. Columns count bytes.
func (p *jsonParser) place(offset int64) place {
	if p.lines == nil {
		p.lines = []int64{0}
		for i, c := range p.data {
			if c == '\n' {
				p.lines = append(p.lines, int64(i)+1)
			}
		}
	}
	line, _ := slices.BinarySearch(p.lines, offset+1)
	return place{line: line, col: int(offset-p.lines[line-1]) + 1}
}
