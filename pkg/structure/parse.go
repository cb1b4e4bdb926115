package structure

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/retort-ci/retort/pkg/fault"
)

// SchemaVersion is the one version of the format that is read.
const SchemaVersion = "2.0.0"

// maxFile is what a test file may have in bytes.
const maxFile = 1 << 20

// Parse reads a test file. name is what messages call it; one that ends in
// .json is read as JSON, any other as YAML. Every error is a fault of the Usage
// side, whose lines each begin with name:line:column.
func Parse(name string, data []byte) (File, error) {
	d := &document{report: report{name: name}, fold: strings.HasSuffix(name, ".json")}
	if len(data) > maxFile {
		return File{}, fault.New(fault.Usage, "", "%s: the file has %d bytes, at most %d are read", name, len(data), maxFile)
	}
	root, err := d.root(data)
	if err != nil {
		return File{}, err
	}
	if d.version(root); len(d.report.findings) > 0 {
		return File{}, d.report.err()
	}
	f := d.file(root)
	if len(d.report.findings) == 0 && f.Tests() == 0 {
		d.report.add(finding{text: "the file has no tests", hint: "add one of fileExistenceTests, fileContentTests, metadataTest, commandTests"})
	}
	if err := d.report.err(); err != nil {
		return File{}, err
	}
	f.Name, f.Warnings = name, d.report.lines(d.report.warnings)
	return f, nil
}

// document is a file while it is read.
type document struct {
	report report
	fold   bool // case of keys does not matter, as in Go's encoding/json
	visits int  // values looked at, aliases followed
}

func (d *document) root(data []byte) (value, error) {
	if d.fold {
		node, at, err := parseJSON(data)
		if err != nil {
			d.report.add(finding{line: at.line, col: at.col, text: "invalid JSON: " + err.Error()})
		}
		return value{doc: d, node: node}, d.report.err()
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var node, second yaml.Node
	// The text of go-yaml's errors has the place in it.
	if err := decoder.Decode(&node); err != nil && !errors.Is(err, io.EOF) {
		d.report.add(finding{text: "invalid YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")})
		return value{}, d.report.err()
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) && len(second.Content) > 0 {
		d.report.add(finding{line: second.Line, col: second.Column, text: "a second document: a test file has one"})
	}
	if len(node.Content) == 0 {
		return value{doc: d}, d.report.err()
	}
	return value{doc: d, node: node.Content[0]}, d.report.err()
}

// version refuses files of another version before their keys are looked at,
// which would only confuse.
func (d *document) version(root value) {
	v, found := root.entry("schemaVersion")
	switch {
	case root.null():
		d.report.add(finding{text: "the file is empty", hint: "begin it with schemaVersion: " + SchemaVersion})
	case root.kind() != yaml.MappingNode:
		root.fail("the file must be a mapping, not %s", root.kindName())
	case !found:
		root.hint("add schemaVersion: "+SchemaVersion, "schemaVersion is missing")
	case v.text() == "1.0.0":
		v.hint(`write schemaVersion: 2.0.0 and give each commandTest a "command" of one word with its "args"`, "1.0.0 is not read any more")
	case v.text() != SchemaVersion:
		v.hint("write schemaVersion: "+SchemaVersion, "%q is not known", v.text())
	}
}
