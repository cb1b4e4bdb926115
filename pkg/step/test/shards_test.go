package test_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/step/test"
)

// told makes a suite print what it is told of its shard.
func (b *bench) told(name string, shards ...test.Shard) test.Suite {
	s := b.suite(name, "env", "RETORT_SHARD_INDEX", ";", "env", "RETORT_SHARD_TOTAL", ";", "env", "RETORT_SHARD_FILES")
	s.Shards = shards
	return s
}

// Shards run side by side, each in containers of its own, and make one verdict.
func TestShards(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.told("e2e",
		test.Shard{Index: 1, Total: 3, Files: []string{"a.py", "b.py"}},
		test.Shard{Index: 2, Total: 3, Files: []string{"c.py"}},
		test.Shard{Index: 3, Total: 3, Files: []string{}})
	got := b.outcome(t, s)
	if got.Verdict != test.Passed || got.Suite != "e2e" {
		t.Errorf("%s: %s", got.Suite, got.Summary())
	}
	logs := files(t, b.opts.Logs)
	for name, want := range map[string]string{
		"e2e/shard-1-of-3/e2e.log": "1\n3\na.py\nb.py\n",
		"e2e/shard-2-of-3/e2e.log": "2\n3\nc.py\n",
		"e2e/shard-3-of-3/e2e.log": "", // no container was needed
	} {
		if logs[name] != want {
			t.Errorf("%s is %q, want %q", name, logs[name], want)
		}
	}
	if c := got.Cases.Counts(); c.Tests != 3 || c.Skipped != 1 || len(got.Reports) != 3 {
		t.Errorf("counts are %+v, reports %q", c, got.Reports)
	}
}

// The worst shard is the suite's verdict, and is named.
func TestShardFails(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.suite("e2e", "write", "/n", "x", ";", "exists", "/n", ";", "exit", "0")
	s.Shards = []test.Shard{{Index: 1, Total: 2}, {Index: 2, Total: 2}}
	eng := &turning{Engine: b.engine, turns: map[string][][]string{"e2e": {{"err", "sorry", ";", "exit", "5"}}}}
	got := b.on(t, eng, s)
	if got.Verdict != test.Failed || got.ExitCode != 5 || !slices.Equal(got.Tail, []string{"sorry"}) {
		t.Errorf("%s: exit code %d, last lines %q", got.Summary(), got.ExitCode, got.Tail)
	}
	if !strings.Contains(got.Reason, "e2e 1/2: exit code 5") && !strings.Contains(got.Reason, "e2e 2/2: exit code 5") {
		t.Errorf("reason is %q, want the shard and its exit code", got.Reason)
	}
}

// One shard alone leaves what others of the same division wrote, and takes away
// what would be counted twice.
func TestOneShardKeepsItsKin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, name := range []string{"whole.xml", "shard-2-of-5/kin.xml", "shard-1-of-5/old.xml", "shard-2-of-3/other.xml"} {
		path := filepath.Join(b.opts.Reports, "e2e", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b.outcome(t, b.told("e2e", test.Shard{Index: 1, Total: 5}))
	if got, want := keys(files(t, b.opts.Reports)), []string{"e2e/shard-1-of-5/retort.xml", "e2e/shard-2-of-5/kin.xml"}; !slices.Equal(got, want) {
		t.Errorf("reports are %q, want %q", got, want)
	}
}

// Names of parts never meet those of other suites.
func TestShardNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	eng := &turning{Engine: b.engine}
	var suites []test.Suite
	for i, name := range []string{"e2e", "e2e-1", "e2e.1"} {
		s := b.suite(name, "echo")
		for k := range i + 2 {
			s.Shards = append(s.Shards, test.Shard{Index: k + 1, Total: i + 2})
		}
		suites = append(suites, s)
	}
	b.opts.Suites = suites
	if _, err := test.Run(t.Context(), eng, b.opts); err != nil {
		t.Fatal(err)
	}
	if n := len(slices.Compact(slices.Sorted(slices.Values(eng.names)))); n != 9 {
		t.Errorf("%d names of 9 containers: %s", n, fmt.Sprint(eng.names))
	}
}
