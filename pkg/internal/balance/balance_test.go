package balance_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/internal/balance"
)

func TestSplit(t *testing.T) {
	type items = []balance.Item
	for _, tc := range []struct {
		name  string
		items items
		n     int
		want  string
	}{
		{"nothing", nil, 2, "[[] []]"},
		{"more groups than items", items{{"b", 1}, {"a", 1}}, 4, "[[a] [b] [] []]"},
		{"no groups", items{{"b", 1}, {"a", 2}}, 0, "[[a b]]"},
		{"fewer than none", items{{"a", 1}}, -3, "[[a]]"},
		{"none is known", items{{"d", 0}, {"c", 0}, {"b", 0}, {"a", 0}}, 2, "[[a c] [b d]]"},
		{"unknown ones count as the mean", items{{"a", 30}, {"b", 10}, {"new", 0}}, 2, "[[a] [b new]]"},
		{"a negative time is none", items{{"a", 20}, {"b", 20}, {"new", -5}}, 3, "[[a] [b] [new]]"},
		{"one that outweighs all", items{{"a", 100}, {"b", 1}, {"c", 2}, {"d", 3}}, 3, "[[a] [d] [b c]]"},
		{"where longest first is a fifth too long", items{{"a", 5}, {"b", 5}, {"c", 4}, {"d", 4}, {"e", 3}, {"f", 3}, {"g", 3}}, 3, "[[e f g] [a c] [b d]]"},
		{"a name twice", items{{"a", 1}, {"a", 1}}, 2, "[[a] [a]]"},
		{"more than a duration holds", items{{"a", math.MaxInt64}, {"b", math.MaxInt64}, {"c", math.MaxInt64}}, 2, "[[a c] [b]]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := fmt.Sprint(balance.Split(tc.items, tc.n)); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// TestSplitAnything holds whatever the items are.
func TestSplitAnything(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	for range 500 {
		items := some(random, random.IntN(40))
		for i := range items {
			if random.IntN(4) == 0 {
				items[i].Weight = 0
			}
		}
		n := 1 + random.IntN(12)
		groups := balance.Split(items, n)

		names := slices.Sorted(func(yield func(string) bool) {
			for _, item := range items {
				if !yield(item.Name) {
					return
				}
			}
		})
		if got := slices.Sorted(slices.Values(slices.Concat(groups...))); len(groups) != n || !slices.Equal(got, names) {
			t.Fatalf("%v in %d groups: got %v", items, n, groups)
		}
		empty := 0
		for _, g := range groups {
			if !slices.IsSorted(g) {
				t.Fatalf("%v is not sorted", g)
			}
			if len(g) == 0 {
				empty++
			}
		}
		if empty != max(0, n-len(items)) {
			t.Fatalf("%d items in %d groups leave %d empty: %v", len(items), n, empty, groups)
		}
		before := slices.Clone(items)
		random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		given := slices.Clone(items)
		if again := balance.Split(items, n); !reflect.DeepEqual(again, groups) {
			t.Fatalf("%v, and in another order %v, of %v", groups, again, before)
		}
		if !slices.Equal(items, given) {
			t.Fatal("the caller's items were changed")
		}
	}
}

// TestSplitFewItems is where longest processing time first alone is at its
// worst: 1.18 of the optimum on sets like these.
func TestSplitFewItems(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	over, all := 0, 0
	for range 1000 {
		items, n := some(random, 3+random.IntN(12)), 2+random.IntN(6)
		least, exact := optimum(items, n)
		if !exact {
			continue
		}
		all++
		ratio := float64(makespan(items, balance.Split(items, n))) / float64(least)
		if ratio > tolerable {
			over++
		}
		if ratio > 1.15 {
			t.Errorf("%.3f of the optimum for %v in %d groups", ratio, items, n)
		}
	}
	if all < 900 || over > all/100 {
		t.Errorf("%d of %d are above %.2f of the optimum", over, all, tolerable)
	}
}

// some makes items, half of the sets with times as tests have: many short ones
// and a few long.
func some(random *rand.Rand, count int) []balance.Item {
	long := random.IntN(2) == 0
	items := make([]balance.Item, count)
	for i := range items {
		seconds := 0.001 + random.Float64()
		if long {
			seconds = math.Exp(1.5 * random.NormFloat64())
		}
		items[i] = balance.Item{Name: fmt.Sprintf("file%02d", i), Weight: time.Duration(seconds * float64(time.Second))}
	}
	return items
}
