// Package versus measures work against the same work done by others: on one
// machine, at the same time, in one table. A benchmark is a contest:
//
//	func BenchmarkVersusCrane(b *testing.B) {
//		versus.Run(b, versus.Work{
//			Name: "copy an image", Ours: ours,
//			Peers: []versus.Peer{{Name: "crane", Limit: 0.8, Do: crane}},
//		})
//	}
//
// scripts/bench finds the benchmarks whose names begin with BenchmarkVersus,
// runs them, and makes the table of what they log.
package versus

import "time"

// B is what a contest needs of a *testing.B. Only tests import testing.
type B interface {
	Helper()
	Loop() bool
	Log(args ...any)
	Fatalf(format string, args ...any)
	ReportMetric(n float64, unit string)
}

// Work is something that we and others can do.
type Work struct {
	Name   string // as the table has it
	Rounds int    // how often everyone does it; DefaultRounds when 0
	Ours   func() error
	Peers  []Peer
	// Cost tells what the work costs besides time, "8 requests, 3 deep" say. It is
	// asked when all rounds are over, with "" for ours or the peer's name; nil: no
	// cost is shown.
	Cost func(peer string) string
}

// Peer does the same work in another way.
type Peer struct {
	Name    string
	Limit   float64 // what our time, divided by the peer's, may be at most
	Do      func() error
	Missing string // why it cannot be measured here; empty: it can
}

// DefaultRounds make a median that one or two disturbed rounds do not move.
const DefaultRounds = 5

// Run measures and logs a line for each peer. A missed limit does not fail the
// benchmark: machines are noisy, and scripts/bench decides when all is measured.
func Run(b B, w Work) {
	b.Helper()
	took := make([][]float64, 1+len(w.Peers))
	for b.Loop() {
		for i := range took {
			took[i] = nil
		}
		w.compete(b, took)
	}
	for _, r := range w.results(took) {
		r.report(b)
	}
}

// compete lets all take turns, so that what disturbs the machine disturbs all
// of them. The engine may still be at work for who came before, so that is not
// always the same one: each round begins with another, and every second one
// goes round the other way.
func (w Work) compete(b B, took [][]float64) {
	b.Helper()
	rounds := w.Rounds
	if rounds == 0 {
		rounds = DefaultRounds
	}
	for round := range rounds {
		for turn := range took {
			i := (round + turn) % len(took)
			if round%2 == 1 {
				i = (round + len(took) - turn) % len(took)
			}
			name, do := w.contestant(i)
			if do == nil {
				continue
			}
			begun := time.Now()
			if err := do(); err != nil {
				b.Fatalf("%s: round %d of %s: %v", w.Name, round+1, name, err)
			}
			took[i] = append(took[i], float64(time.Since(begun))/float64(time.Millisecond))
		}
	}
}

// contestant 0 is us. Who is missing does nothing, and where no peer is there
// we need not be measured either.
func (w Work) contestant(i int) (name string, do func() error) {
	if i > 0 {
		p := w.Peers[i-1]
		if p.Missing != "" {
			return p.Name, nil
		}
		return p.Name, p.Do
	}
	for _, p := range w.Peers {
		if p.Missing == "" {
			return "retort", w.Ours
		}
	}
	return "retort", nil
}
