package nearest_test

import (
	"testing"

	"github.com/retort-ci/retort/pkg/internal/nearest"
)

func TestOf(t *testing.T) {
	keys := []string{"verifies", "reports", "timeout"}
	for _, tt := range []struct {
		name  string
		word  string
		among []string
		want  string
	}{
		{"a letter off", "timout", keys, "timeout"},
		{"two letters off", "verifys", keys, "verifies"},
		{"another ending", "verify", keys, "verifies"},
		{"letters swapped", "reprots", keys, "reports"},
		{"letters swapped in a short word", "unti", []string{"e2e", "unit"}, "unit"},
		{"the beginning of a name", "prod", []string{"staging", "production"}, "production"},
		{"case", "Verifies", keys, "verifies"},
		{"the name itself", "reports", keys, "reports"},
		{"letters, not bytes", "überprüfung", []string{"überprufung"}, "überprufung"},
		{"far from all", "shards", keys, ""},
		{"as many letters off in another word", "ghost", []string{"lost"}, ""},
		{"a short word has nothing near", "ab", []string{"cd", "ax"}, ""},
		{"three letters bear one edit", "tap", []string{"tag"}, "tag"},
		{"the first of equals", "bar", []string{"baz", "bat"}, "baz"},
		{"the nearest, not the first", "order", []string{"older", "orders", "border"}, "orders"},
		{"nothing to choose from", "word", nil, ""},
		{"no word", "", keys, ""},
		{"an empty name is never meant", "abc", []string{""}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := nearest.Of(tt.word, tt.among)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("Of(%q) = %q, %v; want %q", tt.word, got, ok, tt.want)
			}
		})
	}
}

func TestAsk(t *testing.T) {
	if got, want := nearest.Ask("verifys", []string{"verifies"}), ` (did you mean "verifies"?)`; got != want {
		t.Errorf("Ask = %q, want %q", got, want)
	}
	if got := nearest.Ask("zzz", []string{"verifies"}); got != "" {
		t.Errorf("Ask of a far word = %q, want nothing", got)
	}
}
