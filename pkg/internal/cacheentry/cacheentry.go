// Package cacheentry reads the entries of cache_from and cache_to, as Compose's
// build section and docker buildx have them: "type=registry,ref=…", a line of
// comma-separated values (RFC 4180), or the reference of a registry alone.
//
// Whoever looks at an entry reads it here, so that what is let pass in one place is
// what is used in the other.
package cacheentry

import (
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Entry says where a build's cache comes from, or goes to.
type Entry struct {
	Type  string // "registry", "local", "inline", …; empty when the line names none
	Attrs map[string]string
}

// Read reads an entry. It does not ask whether the type is known.
func Read(text string) (Entry, error) {
	if strings.ContainsAny(text, "\r\n") {
		return Entry{}, errors.New("it is more than a line")
	}
	fields, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Attrs: map[string]string{}}
	if len(fields) == 1 && !strings.Contains(text, "=") {
		e.Type, e.Attrs["ref"] = "registry", strings.TrimSpace(text)
		return e, nil
	}
	for _, field := range fields {
		key, value, ok := strings.Cut(strings.TrimSpace(field), "=")
		if !ok {
			return Entry{}, fmt.Errorf("%q is no key=value", field)
		}
		if key = strings.ToLower(key); key == "type" {
			e.Type = value
			continue
		}
		e.Attrs[key] = value
	}
	return e, nil
}

// String is a line that reads as the same entry.
func (e Entry) String() string {
	fields := []string{"type=" + e.Type}
	for _, key := range slices.Sorted(maps.Keys(e.Attrs)) {
		fields = append(fields, key+"="+e.Attrs[key])
	}
	var line strings.Builder
	w := csv.NewWriter(&line)
	_ = w.Write(fields) // a strings.Builder takes all
	w.Flush()
	return strings.TrimSuffix(line.String(), "\n")
}
