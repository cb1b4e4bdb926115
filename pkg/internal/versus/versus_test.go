package versus_test

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/retort-ci/retort/pkg/internal/versus"
)

var _ versus.B = (*testing.B)(nil)

// bench is a *testing.B that remembers.
type bench struct {
	looped  bool
	lines   []string
	fatal   string
	metrics map[string]float64
}

func (*bench) Helper()           {}
func (b *bench) Log(args ...any) { b.lines = append(b.lines, fmt.Sprint(args...)) }

// Loop is true once, as with -benchtime 1x.
func (b *bench) Loop() bool {
	b.looped = !b.looped
	return b.looped
}

// Fatalf ends the goroutine, as the real one does.
func (b *bench) Fatalf(format string, args ...any) {
	b.fatal = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (b *bench) ReportMetric(n float64, unit string) {
	if b.metrics == nil {
		b.metrics = map[string]float64{}
	}
	b.metrics[unit] = n
}

// contest runs the work in a bubble, whose time passes only in sleeps.
func contest(t *testing.T, w versus.Work) *bench {
	t.Helper()
	b := &bench{}
	synctest.Test(t, func(*testing.T) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			versus.Run(b, w)
		}()
		<-done
	})
	return b
}

// takes sleeps so long each time, the last duration again and again, and notes
// whose turn it was.
func takes(turns *strings.Builder, name string, durations ...time.Duration) func() error {
	return func() error {
		turns.WriteString(name)
		time.Sleep(durations[0])
		durations = durations[min(1, len(durations)-1):]
		return nil
	}
}

func TestMediansAndLimits(t *testing.T) {
	t.Parallel()
	var turns strings.Builder
	ms := time.Millisecond
	b := contest(t, versus.Work{
		Name: "copy", Rounds: 4,
		Ours: takes(&turns, "o", 900*ms, 50*ms, 70*ms), // a first round that was disturbed
		Peers: []versus.Peer{
			{Name: "slow tool", Limit: 0.5, Do: takes(&turns, "s", 140*ms)},
			{Name: "fast tool", Limit: 1.3, Do: takes(&turns, "f", 50*ms)},
		},
	})
	want := []string{
		"versus\tcopy\t70 ms\tslow tool 140 ms\t0.50\t0.50\tok",
		"versus\tcopy\t70 ms\tfast tool 50 ms\t1.40\t1.30\tMISSED",
	}
	if !slices.Equal(b.lines, want) {
		t.Errorf("logged %q", b.lines)
	}
	if got, want := turns.String(), "osf"+"sof"+"fos"+"ofs"; got != want {
		t.Errorf("the turns were %s, want %s", got, want)
	}
	metrics := map[string]float64{
		"ours-ms": 70, "slow-tool-ms": 140, "slow-tool-ratio": 0.5, "fast-tool-ms": 50, "fast-tool-ratio": 1.4, "ns/op": 0,
	}
	if !maps.Equal(b.metrics, metrics) {
		t.Errorf("metrics are %v", b.metrics)
	}
}

func TestMissingPeer(t *testing.T) {
	t.Parallel()
	var turns strings.Builder
	absent := versus.Peer{Name: "skopeo", Limit: 0.8, Missing: "not installed"}
	here := versus.Peer{Name: "crane", Limit: 1, Do: takes(&turns, "c", time.Second)}
	w := versus.Work{Name: "copy", Rounds: 1, Ours: takes(&turns, "o", time.Second), Peers: []versus.Peer{absent, here}}
	want := []string{
		"versus\tcopy\t-\tskopeo\t-\t0.80\tnot measured: not installed",
		"versus\tcopy\t1000 ms\tcrane 1000 ms\t1.00\t1.00\tok",
	}
	if b := contest(t, w); !slices.Equal(b.lines, want) || turns.String() != "oc" {
		t.Errorf("logged %q after the turns %s", b.lines, turns.String())
	}
	turns.Reset()
	w.Peers = w.Peers[:1]
	if b := contest(t, w); !slices.Equal(b.lines, want[:1]) || turns.String() != "" {
		t.Errorf("without any peer: logged %q after the turns %s", b.lines, turns.String())
	}
}

func TestCosts(t *testing.T) {
	t.Parallel()
	var turns strings.Builder
	b := contest(t, versus.Work{
		Name: "copy", Rounds: 1,
		Ours:  takes(&turns, "o", time.Second),
		Peers: []versus.Peer{{Name: "crane", Limit: 1, Do: takes(&turns, "c", time.Second)}},
		Cost:  func(peer string) string { return map[string]string{"": "8 requests", "crane": "18 requests"}[peer] },
	})
	if want := []string{"versus\tcopy\t1000 ms (8 requests)\tcrane 1000 ms (18 requests)\t1.00\t1.00\tok"}; !slices.Equal(b.lines, want) {
		t.Errorf("logged %q", b.lines)
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	b := &bench{}
	for _, got := range []int{8, 9} {
		versus.Amount{Work: "copy", Unit: "requests", Got: got, Limit: 8}.Report(b)
	}
	want := []string{"versus\tcopy\t8 requests\t\t-\t8\tok", "versus\tcopy\t9 requests\t\t-\t8\tMISSED"}
	if !slices.Equal(b.lines, want) {
		t.Errorf("logged %q", b.lines)
	}
}

func TestFailureEndsTheContest(t *testing.T) {
	t.Parallel()
	b := contest(t, versus.Work{
		Name: "copy", Ours: func() error { return nil },
		Peers: []versus.Peer{{Name: "crane", Limit: 1, Do: func() error { return errors.New("no such image") }}},
	})
	if want := "copy: round 1 of crane: no such image"; b.fatal != want || len(b.lines) > 0 {
		t.Errorf("failed with %q, want %q; logged %q", b.fatal, want, b.lines)
	}
}
