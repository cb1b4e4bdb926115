package junit_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/examples/shop/internal/junit"
)

// All shards together run each test once.
func TestShard(t *testing.T) {
	var all []string
	for _, index := range []string{"1", "2", "3"} {
		argv, err := junit.Shard(t.Context(), index, "3", os.Args[0], "-test.timeout=1m")
		if err != nil {
			t.Fatal(err)
		}
		if argv[0] != os.Args[0] || argv[2] != "-test.timeout=1m" {
			t.Errorf("arguments are %q", argv)
		}
		only, ok := strings.CutPrefix(argv[1], "-test.run=^(")
		if !ok {
			t.Fatalf("arguments are %q", argv)
		}
		all = append(all, strings.Split(strings.TrimSuffix(only, ")$"), "|")...)
	}
	slices.Sort(all)
	if !slices.Contains(all, "TestShard") || len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("the shards run %q", all)
	}
}

// Without a division nothing is left out, and a wrong one runs nothing.
func TestShardOfNothing(t *testing.T) {
	argv, err := junit.Shard(t.Context(), "", "", "binary", "-test.timeout=1m")
	if err != nil || !slices.Equal(argv, []string{"binary", "-test.timeout=1m"}) {
		t.Errorf("arguments are %q, %v", argv, err)
	}
	for _, index := range []string{"0", "4", "one", ""} {
		if argv, err := junit.Shard(t.Context(), index, "3", os.Args[0]); err == nil {
			t.Errorf("shard %q of 3 runs %q", index, argv)
		}
	}
}
