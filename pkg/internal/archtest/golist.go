package archtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// Module is this module's path.
const Module = "github.com/retort-ci/retort"

// List asks the go command for the packages of the module at root and for all
// that they import, as built for the machine it runs on.
func List(ctx context.Context, root string) (Graph, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = root
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go list in %s: %w\n%s", root, err, stderr.Bytes())
	}
	return decode(&stdout)
}

// decode reads the JSON documents that go list writes one behind the other.
func decode(r io.Reader) (Graph, error) {
	g := Graph{}
	for dec := json.NewDecoder(r); ; {
		var listed struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := dec.Decode(&listed); errors.Is(err, io.EOF) {
			return g, nil
		} else if err != nil {
			return nil, fmt.Errorf("read what go list wrote: %w", err)
		}
		p := Package{
			Path:        short(listed.ImportPath),
			Imports:     shortAll(listed.Imports),
			TestImports: shortAll(slices.Concat(listed.TestImports, listed.XTestImports)),
		}
		g[p.Path] = p
	}
}

// short cuts this module's path off, which no rule wants to repeat.
func short(path string) string { return strings.TrimPrefix(path, Module+"/") }

func shortAll(paths []string) []string {
	out := make([]string, len(paths))
	for i, path := range paths {
		out[i] = short(path)
	}
	return out
}
