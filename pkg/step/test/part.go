package test

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Shard is one of the parts in which a suite is run. Its container is told by
// RETORT_SHARD_INDEX, from 1, and RETORT_SHARD_TOTAL, so that
// `--shard=$RETORT_SHARD_INDEX/$RETORT_SHARD_TOTAL` suits most test programs;
// and, when it is to run certain files, by RETORT_SHARD_FILES, a line each.
type Shard struct {
	Index, Total int      // from 1; both 0: not a shard
	Files        []string // nil: the suite's program divides the work itself
}

// String is "2/5".
func (s Shard) String() string { return strconv.Itoa(s.Index) + "/" + strconv.Itoa(s.Total) }

// Dir is the directory of its files, below the suite's.
func (s Shard) Dir() string { return fmt.Sprintf("shard-%d-of-%d", s.Index, s.Total) }

// Environ is what the container is told, as NAME=value pairs.
func (s Shard) Environ() []string {
	if s.Total == 0 {
		return nil
	}
	env := []string{"RETORT_SHARD_INDEX=" + strconv.Itoa(s.Index), "RETORT_SHARD_TOTAL=" + strconv.Itoa(s.Total)}
	if s.Files != nil {
		env = append(env, "RETORT_SHARD_FILES="+strings.Join(s.Files, "\n"))
	}
	return env
}

// part is what is run at a time, in containers and a network of its own: a
// suite, or a shard of it.
type part struct {
	Suite
	shard Shard
}

// partsOf are the parts of a suite: its shards, or itself.
func partsOf(s Suite) []part {
	if len(s.Shards) == 0 {
		return []part{{Suite: s}}
	}
	parts := make([]part, len(s.Shards))
	for i, shard := range s.Shards {
		parts[i] = part{Suite: s, shard: shard}
		parts[i].Container.Env = slices.Concat(s.Container.Env, shard.Environ())
	}
	return parts
}

// title is how people read of it: "e2e", "e2e 2/5".
func (p part) title() string {
	if p.shard.Total == 0 {
		return p.Name
	}
	return p.Name + " " + p.shard.String()
}

// dir is where its files go, below the directory of all suites.
func (p part) dir() string {
	if p.shard.Total == 0 {
		return p.Name
	}
	return path.Join(p.Name, p.shard.Dir())
}

// id is a name that engines take and that no other part of the run has.
func (p part) id() string {
	if p.shard.Total == 0 {
		return p.Name
	}
	// The dots keep shard 1 of suite e2e apart from a suite e2e-1.
	return fmt.Sprintf("%s.%d.%d", p.Name, p.shard.Index, p.shard.Total)
}

// idle is true for a shard that has nothing to do: there are more shards than
// files.
func (p part) idle() bool {
	return p.shard.Total > 0 && p.shard.Files != nil && len(p.shard.Files) == 0
}
