package retort

import (
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
)

// unit is what is run at a time: a suite, or a shard of one division of it. The
// division is of one definition and one source.
type unit struct {
	suite string
	shard evidence.Shard
}

// judged is what the last runs of a suite's units say together.
type judged struct {
	passed, failed time.Time // when it last did
	whole          bool      // all of it has passed
	broken         bool      // some of it failed
}

// standing judges the proofs about one image, the oldest first. A suite stands
// when all of it passed, as a whole or in shards of one division, and nothing of
// it has failed since: a later failure takes back an earlier pass.
func standing(proofs []proof) map[string]bool {
	last := map[unit]proof{}
	for _, pr := range proofs {
		last[unit{pr.Suite.Name, pr.Shard}] = pr
	}
	suites := map[string]*judged{}
	for u, pr := range last {
		j := suites[u.suite]
		if j == nil {
			j = &judged{}
			suites[u.suite] = j
		}
		if !pr.Passed {
			j.broken, j.failed = true, latest(j.failed, pr.Ran)
		} else if at, ok := completed(last, u); ok {
			j.whole, j.passed = true, latest(j.passed, at)
		}
	}
	stands := map[string]bool{}
	for name, j := range suites {
		stands[name] = j.whole && (!j.broken || j.passed.After(j.failed))
	}
	return stands
}

// completed is since when all units of the same division have passed: the oldest
// of them has not been run since.
func completed(last map[unit]proof, u unit) (time.Time, bool) {
	at := last[u].Ran
	for i := 1; i <= u.shard.Total; i++ {
		kin := u
		kin.shard.Index = i
		pr, ok := last[kin]
		if !ok || !pr.Passed {
			return time.Time{}, false
		}
		at = earliest(at, pr.Ran)
	}
	return at, true
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
