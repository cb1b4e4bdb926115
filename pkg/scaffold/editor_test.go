package scaffold

import (
	"strings"
	"testing"
)

// edit does to a compose file what extend does.
func edit(text string) (string, bool) {
	e, err := newEditor([]byte(text))
	if err != nil {
		return "", false
	}
	into := e.intoService("app", "image", "${REGISTRY}/app")
	added := e.appendService(service{Name: "unit", Build: "{ context: . }", Verifies: []string{"app"}}.block())
	e.appendRoot("x-retort: {}\n")
	out, err := e.apply()
	return string(out), into && added == nil && err == nil
}

func TestEditor(t *testing.T) {
	const unit = "  # A suite: its container's exit code is the verdict.\n" +
		"    profiles: [test]\n    build: { context: . }\n    x-retort: { verifies: [app] }\n"
	block := "\n  unit:\n  " + unit
	for name, test := range map[string]struct{ text, want string }{
		"no end of line": {
			"services:\n  app:\n    build: .",
			"services:\n  app:\n    image: ${REGISTRY}/app\n    build: .\n" + block + "\nx-retort: {}\n",
		},
		"comments behind": {
			"services:\n  app:\n    build: .\n    # of app\n\n# of volumes\nvolumes: {}\n",
			"services:\n  app:\n    image: ${REGISTRY}/app\n    build: .\n    # of app\n" + block + "\n# of volumes\nvolumes: {}\n\nx-retort: {}\n",
		},
		"other characters": {
			"services:\n  app: { labels: { 名: 値 }, build: . }\n",
			"services:\n  app: { image: \"${REGISTRY}/app\", labels: { 名: 値 }, build: . }\n" + block + "\nx-retort: {}\n",
		},
		"anchor and tag": {
			"services:\n  app: &a !!map\n    build: .\n",
			"services:\n  app: &a !!map\n    image: ${REGISTRY}/app\n    build: .\n" + block + "\nx-retort: {}\n",
		},
		"quoted keys": {
			"\"services\":\n  'app':\n    build: .\n",
			"\"services\":\n  'app':\n    image: ${REGISTRY}/app\n    build: .\n" + block + "\nx-retort: {}\n",
		},
		"one space": {
			"services:\n app:\n  build: .\n",
			"services:\n app:\n  image: ${REGISTRY}/app\n  build: .\n" + strings.ReplaceAll(block, "  ", " ") + "\nx-retort: {}\n",
		},
		"Windows": {
			"services:\r\n  app:\r\n    build: .\r\n",
			strings.ReplaceAll("services:\n  app:\n    image: ${REGISTRY}/app\n    build: .\n"+block+"\nx-retort: {}\n", "\n", "\r\n"),
		},
	} {
		got, ok := edit(test.text)
		if !ok || got != test.want {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", name, ok, got, test.want)
		}
	}
}

// What cannot be added to is refused, and never written wrongly.
func TestEditorRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"a list":              "- services\n",
		"nothing":             "",
		"two documents":       "services: { app: { build: . } }\n---\na: b\n",
		"an end of document":  "services:\n  app:\n    build: .\n...\n",
		"services are a flow": "services: { app: { build: . } }\n",
		"no services":         "volumes: {}\n",
		"an alias":            "x-app: &app { build: . }\nservices:\n  app: *app\n",
		"x-retort already":    "services:\n  app:\n    build: .\nx-retort: {}\n",
	} {
		if got, ok := edit(text); ok {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

// FuzzEditor: whatever a file looks like, what was in it stays, byte for byte and
// in its order.
func FuzzEditor(f *testing.F) {
	f.Add("services:\n  app:\n    build: .\n")
	f.Add("services:\n  app: { build: . }\nvolumes: {}\n# end")
	f.Add("a: |\n  services:\nservices:\n app: &x\n  build: .\n\n\nnetworks:\n")
	f.Add("{services: {app: {build: .}}}")
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := edit(text)
		if !ok {
			return
		}
		rest := got
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\r\n")
			for _, piece := range strings.SplitAfterN(line, "{", 2) {
				at := strings.Index(rest, piece)
				if at < 0 {
					t.Fatalf("%q is lost, or elsewhere, in\n%s", piece, got)
				}
				rest = rest[at+len(piece):]
			}
		}
	})
}
