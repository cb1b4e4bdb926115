package retort

import (
	"fmt"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
)

const (
	planA = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	planB = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// ran is a proof about suite e2e: "1/2 a" is shard 1 of 2 of plan a, "" the whole.
func ran(minute int, shard string, passed bool) proof {
	pr := proof{TestResult: evidence.TestResult{Ran: time.Date(2026, 11, 24, 12, minute, 0, 0, time.UTC)}}
	pr.Suite.Name, pr.Passed = "e2e", passed
	plan := ""
	if n, _ := fmt.Sscanf(shard, "%d/%d %s", &pr.Shard.Index, &pr.Shard.Total, &plan); n == 3 {
		pr.Shard.Plan = map[string]string{"a": planA, "b": planB}[plan]
	}
	return pr
}

// A suite stands when all of it has passed, in one division, and nothing of it
// has failed since.
func TestStanding(t *testing.T) {
	for name, c := range map[string]struct {
		proofs []proof
		want   bool
	}{
		"passed":                       {[]proof{ran(1, "", true)}, true},
		"failed":                       {[]proof{ran(1, "", false)}, false},
		"failed since":                 {[]proof{ran(1, "", true), ran(2, "", false)}, false},
		"mended":                       {[]proof{ran(1, "", false), ran(2, "", true)}, true},
		"all shards":                   {[]proof{ran(1, "1/2 a", true), ran(2, "2/2 a", true)}, true},
		"a shard is missing":           {[]proof{ran(1, "1/2 a", true)}, false},
		"a shard failed":               {[]proof{ran(1, "1/2 a", true), ran(2, "2/2 a", false)}, false},
		"the shard was run again":      {[]proof{ran(1, "1/2 a", true), ran(2, "2/2 a", false), ran(3, "2/2 a", true)}, true},
		"shards of two divisions":      {[]proof{ran(1, "1/2 a", true), ran(2, "2/2 b", true)}, false},
		"one shard after all of it":    {[]proof{ran(1, "", true), ran(2, "1/2 a", true)}, true},
		"a failed one after all of it": {[]proof{ran(1, "", true), ran(2, "1/2 a", false)}, false},
		"all of it after a failed one": {[]proof{ran(1, "1/2 a", false), ran(2, "", true)}, true},
		"failed between its shards":    {[]proof{ran(1, "1/2 a", true), ran(2, "", false), ran(3, "2/2 a", true)}, false},
		"two at the same moment":       {[]proof{ran(1, "", true), ran(1, "1/2 a", false)}, false},
	} {
		if got := standing(c.proofs); got["e2e"] != c.want || len(got) != 1 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := standing(nil); len(got) != 0 {
		t.Errorf("without a proof %v stand", got)
	}
}

// The timings of a suite are those of its last run: all shards of it.
func TestLastRun(t *testing.T) {
	took := func(pr proof, seconds float64) proof {
		pr.seconds, pr.junit = seconds, []byte(`<testsuite name="s"><testcase name="c" time="1"/></testsuite>`)
		return pr
	}
	proofs := []proof{
		took(ran(1, "", true), 100),
		took(ran(2, "1/2 a", true), 30),
		took(ran(3, "2/2 a", false), 40),
		took(ran(4, "2/2 a", true), 50),
	}
	run, ok := lastRun(proofs, "e2e")
	if !ok || run.took != 80*time.Second || len(run.reports) != 2 {
		t.Errorf("the last run took %s with %d reports, %v", run.took, len(run.reports), ok)
	}
	if _, ok := lastRun(proofs, "unit"); ok {
		t.Error("a suite that never ran has a last run")
	}
}
