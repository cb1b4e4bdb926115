package evidence

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxShards bounds the parts of a suite: a reader keeps a place for each.
const MaxShards = 1000

// String is "2/5".
func (s Shard) String() string { return strconv.Itoa(s.Index) + "/" + strconv.Itoa(s.Total) }

// check refuses a part of nothing, and one whose division nobody knows: it could
// not be told whether the others are parts of the same.
func (s Shard) check() error {
	if s == (Shard{}) {
		return nil
	}
	if s.Index < 1 || s.Index > s.Total || s.Total > MaxShards || s.Plan == "" {
		return fmt.Errorf("shard %s with plan %q is none", s, s.Plan)
	}
	return nil
}

// parseShard reads the descriptor of a shard.
func parseShard(named Subject) (Shard, error) {
	index, total, _ := strings.Cut(named.Name, "/")
	i, indexErr := strconv.Atoi(index)
	n, totalErr := strconv.Atoi(total)
	if indexErr != nil || totalErr != nil {
		return Shard{}, fmt.Errorf("shard %q is not written like 2/5", named.Name)
	}
	return Shard{Index: i, Total: n, Plan: named.Digest}, nil
}
