package project

import (
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/schema"
	"github.com/compose-spec/compose-go/v2/tree"
	"go.yaml.in/yaml/v4"
)

// A slip of the pen in the table would make a key unhonoured, or an unhonoured
// one silent.
func TestHonouredKeysAreCompose(t *testing.T) {
	for _, key := range honoured() {
		if !slices.ContainsFunc(schema.AttributePaths(), func(p tree.Path) bool { return sameKey(key, p) }) {
			t.Errorf("Compose has no key %s", key)
		}
	}
}

func TestHonouredKeysOnce(t *testing.T) {
	keys := honoured()
	slices.Sort(keys)
	for i := range len(keys) - 1 {
		if keys[i] == keys[i+1] || strings.HasPrefix(keys[i+1], keys[i]+".") {
			t.Errorf("%s is covered by %s already", keys[i+1], keys[i])
		}
	}
}

// A key that is honoured in part must be in the table too, itself or below it,
// or every value of it would be warned of.
func TestPartlyHonouredKeysAreHonoured(t *testing.T) {
	for _, p := range partlyHonoured() {
		if !slices.ContainsFunc(honoured(), func(key string) bool { return strings.HasPrefix(key+".", p.key+".") }) {
			t.Errorf("%s is not in the table", p.key)
		}
	}
}

// sameKey compares a key of the table with one of the schema, which writes any
// list item as [].
func sameKey(key string, declared tree.Path) bool {
	parts := declared.Parts()
	return slices.EqualFunc(strings.Split(key, "."), parts, func(a, b string) bool {
		return a == b || a == "*" && b == tree.PathMatchList || b == tree.PathMatchAll
	})
}

func indexOf(t *testing.T, files ...string) index {
	t.Helper()
	s := &sources{base: "/"}
	r := &report{}
	for i, file := range files {
		s.add("/"+string(rune('a'+i)), []byte(file), r)
	}
	if err := r.err(); err != nil {
		t.Fatal(err)
	}
	return s.places
}

func TestPositions(t *testing.T) {
	places := indexOf(t, `x: &x
  deep: { list: [1, 2] }
  also: here
y:
  <<: *x
  also: there
z:
  <<: [*x, { more: 1 }]
alias: *x
list:
  - name
  - key=value
`, "x:\n  deep: { list: [3] }\n")
	for _, tt := range []struct {
		path       string
		key, value string
	}{
		{"x.also", "a:3:3", "a:3:9"},
		{"x.deep", "b:2:3", "b:2:3"},          // the last file wins
		{"x.deep.list.1", "a:2:21", "a:2:21"}, // where it has the path
		{"y.also", "a:6:3", "a:6:9"},
		{"y.deep.list", "a:2:11", "a:2:11"}, // merged in
		{"z.more", "a:8:14", "a:8:20"},
		{"alias.also", "a:3:3", "a:3:9"},
		{"list.key", "a:12:5", "a:12:5"},
		{"list.name", "a:11:5", "a:11:5"},
		{"list.7", "a:10:1", "a:10:1"}, // not there: the nearest above
		{"y.nothing.at.all", "a:4:1", "a:4:1"},
	} {
		path := strings.Split(tt.path, ".")
		if key, value := places.key(path...).String(), places.value(path...).String(); key != tt.key || value != tt.value {
			t.Errorf("%s: key at %s, value at %s; want %s and %s", tt.path, key, value, tt.key, tt.value)
		}
	}
	for i, want := range []string{"a:2:18", "a:2:21", "b:2:18", "b:2:11"} {
		if got := places.item(i, "x", "deep", "list").String(); got != want {
			t.Errorf("item %d at %s, want %s", i, got, want)
		}
	}
}

// An anchor that merges itself must not send the search round for ever.
func TestPositionInSelfMergingAnchor(t *testing.T) {
	places := indexOf(t, "x: &x\n  <<: [*x, *x]\n  a: 1\n")
	if got := places.key("x", "b", "c").String(); got != "a:1:1" {
		t.Errorf("got %s", got)
	}
}

func TestVersionIsHiddenInPlace(t *testing.T) {
	for _, tt := range []struct{ file, want string }{
		{"version: \"3\"\nservices: {}\n", "x-versi: \"3\"\nservices: {}\n"},
		{"# version\n'version': 3\n", "# version\n'x-versi': 3\n"},
		{"{ services: {}, version: 3 }", "{ services: {}, x-versi: 3 }"},
		{"services: { version: { image: version } }\n", "services: { version: { image: version } }\n"},
		{"\"\\x76ersion\": 3\nservices: {}\n", "\"\\x76ersion\": 3\nservices: {}\n"},
		{"- version\n", "- version\n"},
	} {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(tt.file), &doc); err != nil {
			t.Fatal(err)
		}
		if got := string(withoutVersion([]byte(tt.file), doc.Content[0])); got != tt.want {
			t.Errorf("%q became %q, want %q", tt.file, got, tt.want)
		}
	}
}

func TestFindCycle(t *testing.T) {
	next := map[string][]string{"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": {"e"}, "e": {"b"}, "f": {"f"}, "g": {"d2"}, "h": {"g"}}
	follow := func(name string) []string { return next[name] }
	for from, want := range map[string]string{"a": "b → d → e → b", "f": "f → f", "g": "", "h": "", "ghost": ""} {
		if got := arrows(findCycle([]string{from}, follow)); got != want {
			t.Errorf("from %s: %q, want %q", from, got, want)
		}
	}
}
