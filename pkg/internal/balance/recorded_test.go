package balance_test

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/internal/balance"
)

// tolerable is how far above the optimum the longest group may be.
const tolerable = 1.10

// recorded gives the sets of timings below testdata: packages, the tests of all
// of them, and those of each.
func recorded(tb testing.TB) map[string][]balance.Item {
	tb.Helper()
	tests := read(tb, "tests.txt")
	sets := map[string][]balance.Item{"packages": read(tb, "packages.txt"), "tests": tests}
	for _, item := range tests {
		name := "tests of " + strings.TrimSuffix(item.Name, path.Ext(item.Name))
		sets[name] = append(sets[name], item)
	}
	return sets
}

// read takes lines of a name and seconds.
func read(tb testing.TB, name string) []balance.Item {
	tb.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var items []balance.Item
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		name, seconds, _ := strings.Cut(lines.Text(), " ")
		took, err := time.ParseDuration(seconds + "s")
		if err != nil || took <= 0 {
			tb.Fatalf("%q: %v, %v", lines.Text(), took, err)
		}
		items = append(items, balance.Item{Name: name, Weight: took})
	}
	if err := lines.Err(); err != nil || len(items) == 0 {
		tb.Fatalf("%s: %d items, %v", name, len(items), err)
	}
	return items
}

// eachRecorded gives every set and number of groups, and the makespan's ratio to
// the optimum or, where that is out of reach, to what is certainly no more.
func eachRecorded(tb testing.TB, check func(name string, items []balance.Item, n int, ratio float64, exact bool)) {
	tb.Helper()
	sets := recorded(tb)
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		for _, n := range []int{2, 3, 4, 5, 8} {
			items := sets[name]
			least, exact := optimum(items, n)
			ratio := float64(makespan(items, balance.Split(items, n))) / float64(least)
			check(fmt.Sprintf("%s, %d groups", name, n), items, n, ratio, exact)
		}
	}
}

func TestRecordedMakespan(t *testing.T) {
	eachRecorded(t, func(name string, _ []balance.Item, _ int, ratio float64, exact bool) {
		t.Logf("%s: %.4f of the optimum (exact: %v)", name, ratio, exact)
		if ratio > tolerable {
			t.Errorf("%s: %.4f of the optimum, want at most %.2f", name, ratio, tolerable)
		}
	})
}

// BenchmarkMakespan tells the ratio beside the time that sharing out takes.
func BenchmarkMakespan(b *testing.B) {
	eachRecorded(b, func(name string, items []balance.Item, n int, ratio float64, _ bool) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				balance.Split(items, n)
			}
			b.ReportMetric(ratio, "makespan/optimum")
			if ratio > tolerable {
				b.Fatalf("%.4f of the optimum, want at most %.2f", ratio, tolerable)
			}
		})
	})
}
