package balance

// enough is how near to the bound a sharing is good: times vary more than that
// from one run to the next.
const enough = 1.01

// refine exchanges items between the longest group and the others while it gets
// shorter. The worst that longest processing time first does is a third above
// the best, with few items of similar weights, and there a few exchanges mend it.
func refine(groups []group, pieces []piece) {
	good := enough * bound(groups, pieces)
	for range pieces { // each round shortens a group, but may do so by nothing to speak of
		longest := 0
		for i, g := range groups {
			if g.load > groups[longest].load {
				longest = i
			}
		}
		if groups[longest].load <= good {
			return
		}
		best, found := exchange{}, false
		for i := range groups {
			if e, ok := between(groups, longest, i); ok && (!found || e.load < best.load) {
				best, found = e, true
			}
		}
		if !found {
			return
		}
		best.do(groups)
	}
}

// bound is what no sharing can be shorter than: the longest item, and what all
// would have if it could be cut at will.
func bound(groups []group, pieces []piece) float64 {
	longest, sum := 0.0, 0.0
	for _, p := range pieces {
		longest, sum = max(longest, p.weight), sum+p.weight
	}
	return max(longest, sum/float64(len(groups)))
}

// exchange gives a piece of one group to another, for one of its own or none.
type exchange struct {
	from, to   int     // groups
	give, take int     // indices of pieces; take is -1 for none
	load       float64 // of the longer of the two, then
}

// between gives the exchange that leaves the two groups shortest, if one leaves
// both shorter than from is now.
func between(groups []group, from, to int) (best exchange, found bool) {
	a, b := groups[from], groups[to]
	best.load = a.load
	for give, given := range a.pieces {
		for take := -1; take < len(b.pieces); take++ {
			less := given.weight
			if take >= 0 {
				less -= b.pieces[take].weight
			}
			if load := max(a.load-less, b.load+less); from != to && less > 0 && load < best.load {
				best, found = exchange{from, to, give, take, load}, true
			}
		}
	}
	return best, found
}

func (e exchange) do(groups []group) {
	from, to := &groups[e.from], &groups[e.to]
	given := from.pieces[e.give]
	if e.take < 0 {
		from.remove(e.give)
		to.add(given)
		return
	}
	taken := to.pieces[e.take]
	from.remove(e.give)
	to.remove(e.take)
	from.add(taken)
	to.add(given)
}
