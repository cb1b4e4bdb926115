package archtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
)

// GoMod is what a go.mod says.
type GoMod struct {
	Require []Requirement
	Replace []struct{ Old struct{ Path string } }
}

// Requirement is one module that a go.mod requires, directly or not.
type Requirement struct{ Path string }

// ReadGoMod asks the go command what the go.mod in dir says.
func ReadGoMod(ctx context.Context, dir string) (GoMod, error) {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", "mod", "edit", "-json", filepath.Join(dir, "go.mod"))
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		return GoMod{}, fmt.Errorf("read go.mod in %s: %w\n%s", dir, err, stderr.Bytes())
	}
	var m GoMod
	if err := json.Unmarshal(text, &m); err != nil {
		return GoMod{}, fmt.Errorf("read go.mod in %s: %w", dir, err)
	}
	return m, nil
}

// CheckModules keeps modules out of a go.mod, named by patterns as in
// [matches], and replace lines.
func CheckModules(m GoMod, bans []Exclusion) []Violation {
	var out []Violation
	for _, r := range m.Replace {
		out = append(out, Violation{"go.mod", "replaces " + r.Old.Path, "programs that import the library do not see replace lines"})
	}
	for _, r := range m.Require {
		for _, ban := range bans {
			if match(ban.Module, r.Path) {
				out = append(out, Violation{"go.mod", "requires " + r.Path, ban.Why})
			}
		}
	}
	return out
}

// Exclusion is a module, or with /... at its end several, that a go.mod lacks.
type Exclusion struct{ Module, Why string }

// Excluded are the modules that the library's go.mod does not require, were it
// for another module's sake.
func Excluded() []Exclusion {
	return []Exclusion{
		{"github.com/twmb/...", "Kafka belongs to examples/shop, which has a go.mod of its own"},
		{"github.com/golangci/...", "scripts/lint runs it at a pinned version; its modules must not choose versions for ours"},
	}
}
