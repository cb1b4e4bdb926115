package balance_test

import (
	"slices"
	"time"

	"github.com/retort-ci/retort/pkg/internal/balance"
)

// makespan is how long the longest group takes.
func makespan(items []balance.Item, groups [][]string) time.Duration {
	weights := map[string]time.Duration{}
	for _, item := range items {
		weights[item.Name] = item.Weight
	}
	var longest time.Duration
	for _, g := range groups {
		var load time.Duration
		for _, name := range g {
			load += weights[name]
		}
		longest = max(longest, load)
	}
	return longest
}

// optimum is the shortest makespan there is, found by branch and bound. Where
// that takes too long, exact is false and it is what no sharing can be shorter
// than, so that a ratio to it is never too good.
func optimum(items []balance.Item, n int) (least time.Duration, exact bool) {
	s := search{loads: make([]time.Duration, n), nodes: 1 << 20}
	for _, item := range items {
		s.weights = append(s.weights, item.Weight)
	}
	slices.SortFunc(s.weights, func(a, b time.Duration) int { return int(b - a) })
	s.bound = lowerBound(s.weights, n)
	s.best = makespan(items, balance.Split(items, n))
	s.place(0)
	if s.nodes <= 0 && s.best > s.bound {
		return s.bound, false
	}
	return s.best, true
}

// lowerBound takes weights from the heaviest on.
func lowerBound(weights []time.Duration, n int) time.Duration {
	var sum time.Duration
	for _, w := range weights {
		sum += w
	}
	bound := (sum + time.Duration(n) - 1) / time.Duration(n)
	if len(weights) > 0 {
		bound = max(bound, weights[0])
	}
	if len(weights) > n {
		bound = max(bound, weights[n-1]+weights[n]) // two of the n+1 heaviest are in one group
	}
	return bound
}

type search struct {
	weights     []time.Duration
	loads       []time.Duration
	bound, best time.Duration
	nodes       int // that may still be looked at
}

// place tries the item in every group. Groups of the same load are one.
func (s *search) place(item int) {
	if s.nodes--; s.nodes <= 0 || s.best <= s.bound {
		return
	}
	if item == len(s.weights) {
		s.best = slices.Max(s.loads) // shorter than the best before, or we would not be here
		return
	}
	for i, load := range s.loads {
		if load+s.weights[item] >= s.best || slices.Contains(s.loads[:i], load) {
			continue
		}
		s.loads[i] += s.weights[item]
		s.place(item + 1)
		s.loads[i] = load
	}
}
