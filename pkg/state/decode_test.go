package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
)

func TestDecodeRefuses(t *testing.T) {
	tests := map[string]struct {
		data    string
		damaged bool
		offset  int64
		message string
	}{
		"empty":        {data: "", damaged: true, offset: 0, message: "unexpected end"},
		"truncated":    {data: `{"version":1,"services":{"or`, damaged: true, offset: 28, message: "unexpected end"},
		"garbage":      {data: "\x00\x00\x00\x00", damaged: true, offset: 1, message: "invalid character"},
		"trailing":     {data: `{"version":1}{`, damaged: true, offset: 14, message: "after top-level value"},
		"no version":   {data: `{}`, damaged: true, message: "no version"},
		"null":         {data: `null`, damaged: true, message: "no version"},
		"negative":     {data: `{"version":-1}`, damaged: true, message: "no version"},
		"other shape":  {data: `{"version":1,"services":[]}`, damaged: true, offset: 25, message: "cannot unmarshal array"},
		"bad time":     {data: `{"version":1,"services":{"a":{"built":"today"}}}`, damaged: true, message: "parsing time"},
		"too large":    {data: strings.Repeat(" ", maxSize+1), damaged: true, offset: maxSize, message: "larger than"},
		"newer":        {data: `{"version":2,"services":[]}`, message: "version is 2, this retort knows 1"},
		"a list of it": {data: `[{"version":1}]`, damaged: true, offset: 1, message: "cannot unmarshal array"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := decode("run.json", []byte(tc.data))
			if err == nil || !strings.Contains(err.Error(), tc.message) {
				t.Fatalf("got error %v, want one with %q", err, tc.message)
			}
			if fault.SideOf(err) != fault.Usage || fault.HintOf(err) == "" {
				t.Errorf("side %v, hint %q: want usage and a hint", fault.SideOf(err), fault.HintOf(err))
			}
			d, damaged := errors.AsType[*DamagedError](err)
			if damaged != tc.damaged {
				t.Fatalf("damaged is %v, want %v", damaged, tc.damaged)
			}
			if damaged && (d.Path != "run.json" || d.Offset != tc.offset) {
				t.Errorf("damaged at %s:%d, want run.json:%d", d.Path, d.Offset, tc.offset)
			}
		})
	}
}

func TestDecodeIgnoresWhatItDoesNotKnow(t *testing.T) {
	run, err := decode("run.json", []byte(`{"version":1,"colour":"red","project":"shop"}`))
	if err != nil || run.Project != "shop" {
		t.Fatalf("got %+v, %v", run, err)
	}
}

func TestReadStopsAtTheLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.json")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<40); err != nil { // sparse: takes no disk
		t.Fatal(err)
	}
	_, err := read(path)
	if d, ok := errors.AsType[*DamagedError](err); !ok || d.Offset != maxSize {
		t.Fatalf("got %v, want a DamagedError at %d", err, maxSize)
	}
}

// FuzzDecode checks that no file breaks the reader, and that what it accepts
// is the same after it was written and read again.
func FuzzDecode(f *testing.F) {
	whole, err := os.ReadFile("testdata/run.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte(`{"version":1,"promotions":[{"time":"2026-01-02T03:04:05.000000006+14:00"}]}`))
	f.Add([]byte(`{"version":1,"services":{"\ud800":null}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		run, err := decode("run.json", data)
		if err != nil {
			if fault.SideOf(err) != fault.Usage {
				t.Fatalf("side %v of %v", fault.SideOf(err), err)
			}
			return
		}
		once, err := encode(run)
		if err != nil {
			t.Fatalf("accepted %q but cannot write it: %v", data, err)
		}
		again, err := decode("run.json", once)
		if err != nil {
			t.Fatalf("cannot read what was written: %v\n%s", err, once)
		}
		twice, err := encode(again)
		if err != nil || !bytes.Equal(once, twice) || !json.Valid(once) {
			t.Fatalf("changed by a round trip (%v):\n%s\n%s", err, once, twice)
		}
	})
}
