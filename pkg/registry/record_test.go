package registry_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/registry"
)

const (
	zeros      = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
	goodRecord = `{"environment":"production","action":"promote","digest":"` + zeros + `","time":"2026-11-23T01:02:03.000000004Z"}`
)

func TestParseRecord(t *testing.T) {
	rec, err := registry.ParseRecord([]byte(goodRecord))
	if err != nil {
		t.Fatal(err)
	}
	if rec.Environment != "production" || rec.Action != registry.Promote || rec.Digest != zeros || rec.Time.Nanosecond() != 4 {
		t.Errorf("parsed %+v", rec)
	}
	newer := strings.Replace(goodRecord, "{", `{"added":{"later":1},`, 1)
	if got, err := registry.ParseRecord([]byte(newer)); err != nil || !reflect.DeepEqual(got, rec) {
		t.Errorf("a later version's record is read as %+v, %v", got, err)
	}
	with := func(old, other string) string { return strings.Replace(goodRecord, old, other, 1) }
	for what, bad := range map[string]string{
		"nothing":            "",
		"no object":          "[]",
		"half":               goodRecord[:len(goodRecord)/2],
		"more":               goodRecord + goodRecord,
		"no environment":     with("production", ""),
		"an unknown action":  with("promote", "delete"),
		"no time":            with("2026-11-23T01:02:03.000000004Z", "0001-01-01T00:00:00Z"),
		"a digest too short": with(zeros, "sha256:00"),
		"a bad previous":     with("{", `{"previous":"x",`),
		"too long":           with("{", `{"actor":"`+strings.Repeat("x", 65<<10)+`",`),
	} {
		if _, err := registry.ParseRecord([]byte(bad)); err == nil {
			t.Errorf("%s: it was taken", what)
		}
	}
}

// Whatever is taken for a record is written as a record that is taken again.
func FuzzParseRecord(f *testing.F) {
	f.Add([]byte(goodRecord))
	f.Add([]byte(strings.Replace(goodRecord, "promote", "rollback", 1)))
	f.Add([]byte(strings.Replace(goodRecord, "{", `{"previous":"`+zeros+`","actor":"a\u0000b",`, 1)))
	f.Add([]byte(strings.Replace(goodRecord, "{", `{"override":"fix","verdicts":[{"gate":"after","allowed":false,"reason":"no","remedy":"go"}],`, 1)))
	f.Add([]byte(`{}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := registry.ParseRecord(data)
		if err != nil {
			return
		}
		raw, err := json.Marshal(rec)
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", rec, err)
		}
		again, err := registry.ParseRecord(raw)
		if len(raw) > 64<<10 {
			return // escapes made it longer than is allowed
		}
		if err != nil || !again.Time.Equal(rec.Time) || again.Environment != rec.Environment || again.Digest != rec.Digest {
			t.Fatalf("%+v came back as %+v, %v", rec, again, err)
		}
	})
}
