package structure

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/retort-ci/retort/pkg/internal/nearest"
)

// text is a string; null is the empty one. Numbers, booleans and dates are
// taken as they are written, so that `exposedPorts: [8080]` needs no quotes.
func (v value) text() string {
	plain := []string{"!!str", "!!int", "!!float", "!!bool", "!!timestamp"}
	switch {
	case v.null():
		return ""
	case v.kind() != yaml.ScalarNode || !slices.Contains(plain, v.tag()):
		v.fail("must be a string, not %s", v.kindName())
		return ""
	}
	return v.resolved().Value
}

// required is a string that says something. of is the mapping it is missing in.
func (v value) required(of value) string {
	switch {
	case of.kind() != yaml.MappingNode: // which was told
	case v.null():
		of.fail("%s is missing", v.path[strings.LastIndexByte(v.path, '.')+1:])
	case v.text() == "" && v.kind() == yaml.ScalarNode:
		v.fail("must not be empty")
	}
	return v.text()
}

// oneOf is one of some words, or null.
func (v value) oneOf(words ...string) string {
	text := v.text()
	if text != "" && !slices.Contains(words, text) {
		v.fail("must be one of %s, not %q%s", strings.Join(words, ", "), text, nearest.Ask(text, words))
	}
	return text
}

// texts is a list of strings, nil when it is null.
func (v value) texts() []string {
	if v.null() {
		return nil
	}
	texts := []string{}
	for _, item := range v.items() {
		texts = append(texts, item.text())
	}
	return texts
}

// names is a list of strings of which none is empty.
func (v value) names() []string {
	for _, item := range v.items() {
		if item.null() || item.kind() == yaml.ScalarNode && item.resolved().Value == "" {
			item.fail("must not be empty")
		}
	}
	return v.texts()
}

// number is an integer from low to high, nil when it is null.
func (v value) number(low, high int64) *int64 {
	if v.null() {
		return nil
	}
	if v.tag() != "!!int" {
		v.fail("must be a whole number, not %s", v.kindName())
		return nil
	}
	// Base 0 takes what YAML takes: 0x1f, 0o17, 1_000.
	n, err := strconv.ParseInt(v.resolved().Value, 0, 64)
	if err != nil || n < low || n > high {
		v.fail("must be from %d to %d, not %s", low, high, v.resolved().Value)
		return nil
	}
	return &n
}

// flag is true or false; YAML 1.1's yes, no, on and off are taken too, since
// container-structure-test takes them. null is otherwise.
func (v value) flag(otherwise bool) bool {
	if v.null() {
		return otherwise
	}
	if v.kind() == yaml.ScalarNode && v.resolved().Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
		switch strings.ToLower(v.resolved().Value) {
		case "true", "yes", "on", "y":
			return true
		case "false", "no", "off", "n":
			return false
		}
	}
	v.fail("must be true or false, not %s", v.kindName())
	return otherwise
}

// regexp compiles a regular expression (RE2 syntax), nil when it is none.
func (v value) regexp() *regexp.Regexp {
	text := v.text()
	re, err := regexp.Compile(text)
	if err == nil {
		return re
	}
	why := err.Error()
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		why = e.Code.String() + ": " + e.Expr
	}
	v.hint("the syntax is RE2: https://github.com/google/re2/wiki/Syntax", "%q is not a valid regular expression: %s", text, why)
	return nil
}

func (v value) regexps() []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, item := range v.items() {
		all = append(all, item.regexp())
	}
	return all
}
