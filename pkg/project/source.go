package project

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"github.com/retort-ci/retort/pkg/fault"
)

// sources are the project's files as they were read: bytes for compose-go,
// nodes for the places of things.
type sources struct {
	base   string // file names are shown relative to it
	dir    string // of the project: where its first file is
	files  []types.ConfigFile
	places index
}

// readSources reads and parses files, which are absolute paths.
func readSources(base string, files []string) (*sources, error) {
	s := &sources{base: base, dir: filepath.Dir(files[0])}
	r := &report{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fault.Wrap(fault.Usage, fmt.Errorf("read compose file: %w", err), "")
		}
		for _, doc := range s.add(file, content, r) {
			content = withoutVersion(content, doc.root)
			findDuplicates(doc, doc.root, r)
		}
		s.files = append(s.files, types.ConfigFile{Filename: file, Content: content})
	}
	if len(s.places) == 0 && len(r.findings) == 0 {
		r.hint("describe at least one service", position{file: s.show(files[0])}, "the file is empty")
	}
	return s, r.err()
}

// add parses a file into the places and gives its documents. What is wrong
// with its syntax goes to the report.
func (s *sources) add(file string, content []byte, r *report) []document {
	first := len(s.places)
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				at, text := syntaxError(content, err)
				at.file, at.order = s.show(file), len(s.places)
				r.add(at, "%s", text)
			}
			return s.places[first:]
		}
		if len(node.Content) > 0 {
			s.places = append(s.places, document{file: s.show(file), order: len(s.places), root: node.Content[0]})
		}
	}
}

// include adds the places of a file that one of the sources includes. They go
// before the others, for what those say wins.
func (s *sources) include(file string, r *report) {
	content, err := os.ReadFile(file)
	if err != nil {
		return // compose-go is about to say so
	}
	first := len(s.places)
	s.add(file, content, r)
	s.places = slices.Concat(s.places[first:], s.places[:first])
}

// show is how a path is told to the user: short where it is below the
// directory that was asked for.
func (s *sources) show(file string) string {
	rel, err := filepath.Rel(s.base, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return file
	}
	return rel
}

// withoutVersion hides the obsolete top-level key `version` from compose-go,
// which would log a line about it through a process-wide logger. The key turns
// into an extension of the same length, so that every position stays.
func withoutVersion(content []byte, root *yaml.Node) []byte {
	const obsolete, hidden = "version", "x-versi"
	if root.Kind != yaml.MappingNode {
		return content
	}
	for pair := range slices.Chunk(root.Content, 2) {
		if pair[0].Value != obsolete {
			continue
		}
		at := offset(content, pair[0].Line, pair[0].Column)
		if at < 0 {
			continue
		}
		before, after, found := bytes.Cut(content[at:], []byte(obsolete))
		if found && len(before) <= len(`"`) {
			return slices.Concat(content[:at], before, []byte(hidden), after)
		}
	}
	return content
}

// offset is where a line and column, both from 1, begin; -1 when they do not.
// Columns count characters; behind other than ASCII ones it is too small.
func offset(content []byte, line, col int) int {
	at := 0
	for range line - 1 {
		end := bytes.IndexByte(content[at:], '\n')
		if end < 0 {
			return -1
		}
		at += end + 1
	}
	if at += col - 1; at > len(content) {
		return -1
	}
	return at
}

// findDuplicates notes keys that a mapping has twice. compose-go refuses them
// too, but without saying in which file.
func findDuplicates(doc document, n *yaml.Node, r *report) {
	if n.Kind == yaml.MappingNode {
		lines := map[string]int{}
		for pair := range slices.Chunk(n.Content, 2) {
			key := pair[0].Value
			if line, twice := lines[key]; twice && key != "<<" {
				r.add(doc.at(pair[0]), "key %q is there already, in line %d", key, line)
			}
			lines[key] = pair[0].Line
		}
	}
	for _, c := range n.Content {
		findDuplicates(doc, c, r)
	}
}
