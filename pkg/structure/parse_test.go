package structure_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/structure"
)

// Each archive has a file and what is said of it.
func TestParseErrors(t *testing.T) {
	archives(t, "errors", func(t *testing.T, a *txtar.Archive) string {
		_, err := structure.Parse(a.Files[0].Name, a.Files[0].Data)
		if err == nil {
			t.Fatal("no error")
		}
		if fault.SideOf(err) != fault.Usage {
			t.Errorf("side is %v", fault.SideOf(err))
		}
		text := err.Error() + "\n"
		if hint := fault.HintOf(err); hint != "" {
			text += "hint: " + hint + "\n"
		}
		return text
	})
}

// Each archive has a file and what was read from it, as JSON.
func TestParse(t *testing.T) {
	archives(t, "valid", func(t *testing.T, a *txtar.Archive) string {
		f, err := structure.Parse(a.Files[0].Name, a.Files[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(f, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		lines := slices.DeleteFunc(strings.Split(string(text), "\n"), func(line string) bool {
			value := strings.TrimRight(line, ",")
			return strings.HasSuffix(value, `": null`) || strings.HasSuffix(value, `": ""`) || strings.HasSuffix(value, `": false`)
		})
		return strings.Join(lines, "\n") + "\n"
	})
}

func TestParseOfALargeFile(t *testing.T) {
	_, err := structure.Parse("large.yaml", make([]byte, 2<<20))
	if err == nil || !strings.Contains(err.Error(), "large.yaml: the file has 2097152 bytes") {
		t.Errorf("got %v", err)
	}
}

// Aliases of aliases, and mappings that merge themselves, end soon.
func TestParseOfAliases(t *testing.T) {
	tests := "{name: n, path: p, expectedContents: [" + strings.Repeat("x,", 1000) + "]}"
	for name, c := range map[string]struct{ file, want string }{
		"many": {
			"schemaVersion: 2.0.0\nfileContentTests: [&t " + tests + strings.Repeat(", *t", 10_000) + "]",
			"the file is too large with all its aliases",
		},
		"itself": {
			"schemaVersion: 2.0.0\nmetadataTest: &m {<<: *m, user: me}",
			"merges itself",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := structure.Parse("aliases.yaml", []byte(c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %.200v", err)
			}
		})
	}
}

func TestFileSaysWhatItNeeds(t *testing.T) {
	for _, tt := range []struct {
		sections         string
		tests            int
		layers, commands bool
	}{
		{"metadataTest: {user: me}", 1, false, false},
		{"metadataTest: {}\ncommandTests: [{name: n, command: c}, {name: n, command: c}]", 2, false, true},
		{"fileExistenceTests: [{name: n, path: p}]", 1, true, false},
		{"fileContentTests: [{name: n, path: p}]\nmetadataTest: {cmd: []}", 2, true, false},
	} {
		f, err := structure.Parse("f.yaml", []byte("schemaVersion: 2.0.0\n"+tt.sections))
		if err != nil {
			t.Fatal(err)
		}
		if f.Tests() != tt.tests || f.ReadsLayers() != tt.layers || f.RunsCommands() != tt.commands {
			t.Errorf("%s: %d tests, reads layers %v, runs commands %v", tt.sections, f.Tests(), f.ReadsLayers(), f.RunsCommands())
		}
	}
}

// FuzzParse gives any bytes as YAML and as JSON: no panic, and what is refused
// is the user's to mend, in the file named.
func FuzzParse(f *testing.F) {
	for _, dir := range []string{"errors", "valid"} {
		entries, err := os.ReadDir("testdata/" + dir)
		if err != nil {
			f.Fatal(err)
		}
		for _, e := range entries {
			a, err := txtar.ParseFile("testdata/" + dir + "/" + e.Name())
			if err != nil {
				f.Fatal(err)
			}
			f.Add(a.Files[0].Data, strings.HasSuffix(a.Files[0].Name, ".json"))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, asJSON bool) {
		name := "fuzz.yaml"
		if asJSON {
			name = "fuzz.json"
		}
		file, err := structure.Parse(name, data)
		if err != nil {
			if fault.SideOf(err) != fault.Usage || !strings.HasPrefix(err.Error(), name+":") {
				t.Errorf("got %v, side %v", err, fault.SideOf(err))
			}
			return
		}
		if file.Tests() == 0 {
			t.Error("a file without tests")
		}
		for _, test := range file.Commands {
			if test.Name == "" || test.Command == "" || slices.Contains(test.ExpectedOutput, nil) {
				t.Errorf("invalid test: %+v", test)
			}
		}
	})
}
