// Package balance shares work out among several that do it side by side, so
// that the last of them ends as early as can be.
package balance

import (
	"cmp"
	"slices"
	"time"
)

// Item is a piece of work, and how long it took the last time. No Weight: nobody
// knows.
type Item struct {
	Name   string
	Weight time.Duration
}

// Split gives the names of n groups that take about the same time; fewer than
// one is one. It depends on what items there are and not on their order, so
// machines that know the same share out the same. An item of unknown weight
// counts as the mean of the known ones. Names in a group are sorted; groups stay
// empty where there are more of them than items.
//
// The longest item is given out first, each to the group that has least so far
// (Graham's longest processing time first), and then the longest group
// exchanges items with others while that helps.
func Split(items []Item, n int) [][]string {
	groups := make([]group, max(n, 1))
	pieces := weigh(items)
	for _, p := range pieces {
		least := 0
		for i, g := range groups {
			if g.load < groups[least].load {
				least = i
			}
		}
		groups[least].add(p)
	}
	refine(groups, pieces)
	out := make([][]string, len(groups))
	for i, g := range groups {
		out[i] = g.names()
	}
	return out
}

// piece is an item whose weight is settled. Weights are floats, since a report
// may claim times that no sum of durations can hold.
type piece struct {
	name   string
	weight float64
}

// weigh gives the pieces, the heaviest first, and by name where they are equal.
func weigh(items []Item) []piece {
	known, sum := 0.0, 0.0
	for _, item := range items {
		if item.Weight > 0 {
			known, sum = known+1, sum+float64(item.Weight)
		}
	}
	mean := 1.0
	if known > 0 {
		mean = sum / known
	}
	pieces := make([]piece, len(items))
	for i, item := range items {
		pieces[i] = piece{item.Name, mean}
		if item.Weight > 0 {
			pieces[i].weight = float64(item.Weight)
		}
	}
	slices.SortFunc(pieces, func(a, b piece) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.name, b.name))
	})
	return pieces
}

// group is what one of them does.
type group struct {
	pieces []piece
	load   float64
}

func (g *group) add(p piece) {
	g.pieces = append(g.pieces, p)
	g.load += p.weight
}

func (g *group) names() []string {
	names := make([]string, len(g.pieces))
	for i, p := range g.pieces {
		names[i] = p.name
	}
	slices.Sort(names)
	return names
}

func (g *group) remove(i int) {
	g.load -= g.pieces[i].weight
	g.pieces = slices.Delete(g.pieces, i, i+1)
}
