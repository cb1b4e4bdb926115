package versus

import (
	"fmt"
	"slices"
	"strings"
)

// result is a line of the table. Its numbers are medians.
type result struct {
	work       string
	peer       Peer
	ours, took float64 // milliseconds
	ratio      float64

	oursCost, cost string // as Work.Cost tells them
}

func (w Work) results(took [][]float64) []result {
	all := make([]result, len(w.Peers))
	for i, p := range w.Peers {
		all[i] = result{work: w.Name, peer: p}
		if p.Missing == "" {
			ours, theirs := took[0], took[i+1]
			all[i].ours, all[i].took, all[i].ratio = median(ours), median(theirs), median(ratios(ours, theirs))
			all[i].oursCost, all[i].cost = w.cost(""), w.cost(p.Name)
		}
	}
	return all
}

func (w Work) cost(peer string) string {
	if w.Cost == nil {
		return ""
	}
	if cost := w.Cost(peer); cost != "" {
		return " (" + cost + ")"
	}
	return ""
}

// ratios are those of each round. Their median is a steadier number than the
// ratio of the medians: what slows the machine down for a while slows both
// sides of a round.
func ratios(ours, theirs []float64) []float64 {
	all := make([]float64, len(ours))
	for i := range ours {
		all[i] = ours[i] / theirs[i]
	}
	return all
}

// median is the middle one, and of an even number the mean of the middle two.
func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// verdict is the last column. MISSED is what makes scripts/bench fail.
func (r result) verdict() string {
	switch {
	case r.peer.Missing != "":
		return "not measured: " + r.peer.Missing
	case r.ratio > r.peer.Limit:
		return "MISSED"
	}
	return "ok"
}

// report logs the line and gives the numbers to tools such as benchstat.
func (r result) report(b B) {
	b.Helper()
	b.Log(r.line())
	if r.peer.Missing != "" {
		return
	}
	unit := strings.ReplaceAll(r.peer.Name, " ", "-")
	b.ReportMetric(r.ours, "ours-ms")
	b.ReportMetric(r.took, unit+"-ms")
	b.ReportMetric(r.ratio, unit+"-ratio")
	b.ReportMetric(0, "ns/op") // of all rounds together, which says nothing
}

// line is what scripts/bench reads: the table's columns, between tabs.
func (r result) line() string {
	ours, took, ratio := "-", "", "-"
	if r.peer.Missing == "" {
		ours = fmt.Sprintf("%.0f ms%s", r.ours, r.oursCost)
		took = fmt.Sprintf(" %.0f ms%s", r.took, r.cost)
		ratio = fmt.Sprintf("%.2f", r.ratio)
	}
	limit := fmt.Sprintf("%.2f", r.peer.Limit)
	return strings.Join([]string{"versus", r.work, ours, r.peer.Name + took, ratio, limit, r.verdict()}, "\t")
}
