package project

import (
	"regexp"
	"strings"

	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/tree"
	"go.yaml.in/yaml/v4"
)

// unset remembers the variables that were asked for without being set, while
// keeping compose-go's template engine from logging each of them through a
// process-wide logger.
type unset map[string]bool

// lookup is get, for use on the variables of text. A variable that text names
// plainly and that is not set is remembered and answered as "set, and empty",
// which gives the same result without the log line. Only the operators ${X-…},
// ${X?…} and ${X+…} can tell the difference; where text has one the answer is
// the true one.
func (u unset) lookup(text string, get func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if value, ok := get(name); ok {
			return value, true
		}
		if !plainReference(name).MatchString(text) {
			return "", false
		}
		u[name] = true
		return "", !tellsUnset(text, name)
	}
}

// substitute is the Substitute function of compose-go's interpolation.
func (u unset) substitute(text string, get template.Mapping) (string, error) {
	return template.Substitute(text, u.lookup(text, get))
}

// plainReference matches $NAME and ${NAME}, not ${NAME:-default}.
func plainReference(name string) *regexp.Regexp {
	name = regexp.QuoteMeta(name)
	return regexp.MustCompile(`\$(\{` + name + `\}|` + name + `([^_a-zA-Z0-9]|$))`)
}

// tellsUnset is true when text has an operator on name that treats an unset
// variable other than an empty one.
func tellsUnset(text, name string) bool {
	for _, operator := range []string{"-", "?", "+"} {
		if strings.Contains(text, "${"+name+operator) {
			return true
		}
	}
	return false
}

// quietCasts are casts, less compose-go's log line about YAML 1.1 booleans
// such as `privileged: yes`, which mean what they always meant.
func quietCasts(casts map[tree.Path]interpolation.Cast) map[tree.Path]interpolation.Cast {
	quiet := make(map[tree.Path]interpolation.Cast, len(casts))
	for path, cast := range casts {
		quiet[path] = func(value string) (any, error) {
			if modern, ok := booleans()[strings.ToLower(value)]; ok {
				// What is not a boolean refuses the modern spelling as well,
				// and has the last word on the old one.
				if boolean, err := cast(modern); err == nil {
					return boolean, nil
				}
			}
			return cast(value)
		}
	}
	return quiet
}

func booleans() map[string]string {
	return map[string]string{
		"y": "true", "yes": "true", "on": "true",
		"n": "false", "no": "false", "off": "false",
	}
}

// mention is the place of the first scalar that is as wanted.
func (x index) mention(wanted func(text string) bool) position {
	for _, doc := range x {
		if n := firstScalar(doc.root, wanted); n != nil {
			return doc.at(n)
		}
	}
	return x.key()
}

func firstScalar(n *yaml.Node, wanted func(string) bool) *yaml.Node {
	if n.Kind == yaml.ScalarNode && wanted(n.Value) {
		return n
	}
	for _, c := range n.Content {
		if found := firstScalar(c, wanted); found != nil {
			return found
		}
	}
	return nil
}
