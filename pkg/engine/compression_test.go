package engine_test

import (
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

func TestParseCompression(t *testing.T) {
	for text, want := range map[string]engine.Compression{
		"":       {},
		"gzip":   {Algorithm: "gzip", Level: 1},
		"gzip:9": {Algorithm: "gzip", Level: 9},
		"zstd":   {Algorithm: "zstd", Level: 3},
		"zstd:9": {Algorithm: "zstd", Level: 9},
	} {
		got, err := engine.ParseCompression(text)
		if err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
		if again, err := engine.ParseCompression(got.String()); err != nil || again != got {
			t.Errorf("%q written as %q is %v, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"gz", "gzip:0", "gzip:10", "zstd:10", "zstd:", "zstd:fast", "ZSTD", "gzip:-1", ":1", " "} {
		if got, err := engine.ParseCompression(text); fault.SideOf(err) != fault.Usage {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	if got := (engine.Compression{}).OrDefault(); got != (engine.Compression{Algorithm: "gzip", Level: 1}) {
		t.Errorf("the default is %v", got)
	}
}
