package project

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// text is a string; null is the empty one.
func (v value) text() string {
	text, ok := v.raw.(string)
	if !ok && v.raw != nil {
		v.fail("must be a string, not %s%s", kindOf(v.raw), quoted(v.raw))
	}
	return text
}

// said is a string that must say something.
func (v value) said() string {
	text := v.text()
	if v.raw == nil || v.raw == "" {
		v.fail("must not be empty")
	}
	return text
}

// duration is a positive time; null is the other one.
func (v value) duration(other time.Duration) time.Duration {
	if v.raw == nil {
		return other
	}
	text, ok := v.raw.(string)
	d, err := time.ParseDuration(text)
	switch {
	case !ok:
		v.fail("must be a duration such as 90s or 2m, not %s", kindOf(v.raw))
	case err != nil:
		v.fail("%q is not a duration; write it like 90s or 2m", text)
	case d <= 0:
		v.fail("must be more than zero, not %s", text)
	default:
		return d
	}
	return other
}

// boolean is true or false; null is the other one. What interpolation leaves is
// always a string, so the words that Compose takes for its own keys will do.
func (v value) boolean(other bool) bool {
	switch raw := v.raw.(type) {
	case nil:
		return other
	case bool:
		return raw
	case string:
		word := strings.ToLower(raw)
		if modern, ok := booleans()[word]; ok {
			word = modern
		}
		if word == "true" || word == "false" {
			return word == "true"
		}
	}
	v.fail("must be true or false, not %s", shown(v.raw))
	return other
}

// whole is a number from low to high; null is 0. As to strings see boolean.
func (v value) whole(low, high int) int {
	if v.raw == nil {
		return 0
	}
	n, ok := 0, false
	switch raw := v.raw.(type) {
	case int:
		n, ok = raw, true
	case float64: // 2.0
		n = int(raw)
		ok = float64(n) == raw
	case string:
		var err error
		n, err = strconv.Atoi(raw)
		ok = err == nil
	}
	if !ok || n < low || n > high {
		v.fail("must be a whole number from %d to %d, not %s", low, high, shown(v.raw))
		return 0
	}
	return n
}

// shown is a value as a message quotes it, or what it is when it is long.
func shown(raw any) string {
	switch raw := raw.(type) {
	case string:
		return strconv.Quote(raw)
	case bool, int, uint64, float64:
		return fmt.Sprint(raw)
	}
	return kindOf(raw)
}

// kindOf names what a value is, in YAML's words.
func kindOf(raw any) string {
	switch raw.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	case time.Time:
		return "a date"
	}
	return "a number"
}

// quoted says how to make a string of a scalar that YAML takes for something
// else.
func quoted(raw any) string {
	switch raw.(type) {
	case []any, map[string]any:
		return ""
	}
	return "; put it in quotes"
}
