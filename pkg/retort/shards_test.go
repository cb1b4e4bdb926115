package retort

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/state"
)

// e2eReport says how many seconds each of five files took. The names are in
// another order than the times, so that no other way of sharing them out comes
// to the same.
const e2eReport = `<testsuite name="e2e">
<testcase name="x" classname="e2e.a_test" time="1"/><testcase name="y" classname="e2e.a_test" time="2"/>
<testcase name="x" classname="e2e.b_test" time="8"/><testcase name="x" classname="e2e.c_test" time="2"/>
<testcase name="x" classname="e2e.d_test" time="5"/><testcase name="x" classname="e2e.e_test" time="4"/>
</testsuite>`

// newTimed has the files, and in staging, an image about which there is evidence
// of the suites.
func newTimed(t *testing.T, suites map[string]state.Suite) *tested {
	t.Helper()
	w := newTested(t)
	w.Project.Environments = []project.Environment{{Name: "staging", Tag: "1"}} // that of the image
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		path := filepath.Join(w.Project.Dir, "e2e", name+"_test.py")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w.keepReports(t, e2eReport)
	unit := w.run.Suites["unit"]
	w.run.Suites = map[string]state.Suite{}
	for name, s := range suites {
		s.Verdict, s.Image, s.Verifies, s.Started, s.Evidence = unit.Verdict, unit.Image, unit.Verifies, unit.Started, unit.Evidence
		w.run.Suites[name] = s
	}
	w.attachAs(t, nil)
	return w
}

// split is a suite of which each shard runs some of the files.
func split(shards int) plannedSuite {
	return plannedSuite{Service: project.Service{
		Name: "e2e", Suite: &project.Suite{Verifies: []string{"orders"}, Shards: shards, Split: []string{"e2e/*_test.py"}},
	}}
}

// filesOfShards are the names of the files in each of the parts.
func filesOfShards(s plannedSuite) []string {
	parts := s.run.Shards
	if s.shard != nil {
		parts = s.division.Parts
	}
	var all []string
	for _, part := range parts {
		names := strings.ReplaceAll(strings.Join(part.Files, " "), "e2e/", "")
		all = append(all, strings.ReplaceAll(names, "_test.py", ""))
	}
	return all
}

// The file that took longest is given out first, each to the shard that has
// least: 8+3 and 5+4+2 seconds. Agents that share the suite come to the same.
func TestShardsByPastTimings(t *testing.T) {
	w := newTimed(t, map[string]state.Suite{"e2e": {Seconds: 22}})
	for _, one := range []Shard{{}, {Index: 1, Total: 2}, {Index: 2, Total: 2}} {
		s := split(2)
		if err := w.divide(t.Context(), &s, one, &pastRuns{p: w.Pipeline}); err != nil {
			t.Fatal(err)
		}
		if got, want := filesOfShards(s), []string{"a b", "c d e"}; !reflect.DeepEqual(got, want) {
			t.Errorf("shard %+v: files are %q, want %q", one, got, want)
		}
		if one.Total > 0 && (len(s.run.Shards) != 1 || !reflect.DeepEqual(s.run.Shards[0], s.division.Parts[one.Index-1])) {
			t.Errorf("shard %+v runs %+v", one, s.run.Shards)
		}
	}
}

// Without timings all files count the same. Where the registry cannot be asked,
// one machine takes any division and says so; several would not know that they
// have the same.
func TestShardsWithoutTimings(t *testing.T) {
	w := newTimed(t, map[string]state.Suite{"another": {Seconds: 22}})
	equal := []string{"a c e", "b d"}
	s := split(2)
	if err := w.divide(t.Context(), &s, Shard{}, &pastRuns{p: w.Pipeline}); err != nil || !reflect.DeepEqual(filesOfShards(s), equal) {
		t.Errorf("never run: files are %q, %v; want %q", filesOfShards(s), err, equal)
	}
	if len(w.told.warnings) > 0 {
		t.Errorf("never run: warned %q", w.told.warnings)
	}
	away, cancel := context.WithCancel(t.Context())
	cancel()
	s = split(2)
	if err := w.divide(away, &s, Shard{}, &pastRuns{p: w.Pipeline}); err != nil || !reflect.DeepEqual(filesOfShards(s), equal) {
		t.Errorf("not asked: files are %q, %v; want %q", filesOfShards(s), err, equal)
	}
	if len(w.told.warnings) != 1 || !strings.Contains(w.told.warnings[0], "shards are not balanced by earlier timings") {
		t.Errorf("not asked: warned %q", w.told.warnings)
	}
	s = split(2)
	if err := w.divide(away, &s, Shard{Index: 1, Total: 2}, &pastRuns{p: w.Pipeline}); err == nil || !strings.Contains(err.Error(), "timings of e2e") {
		t.Errorf("an agent of two: files are %q, %v", filesOfShards(s), err)
	}
}

// Suites that cannot be divided are shared out in the same way, by how long each
// took.
func TestSuitesByPastTimings(t *testing.T) {
	seconds := map[string]float64{"a": 3, "b": 8, "c": 2, "d": 5, "e": 4}
	past, suites := map[string]state.Suite{}, []project.Service{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		past[name] = state.Suite{Seconds: seconds[name]}
		suites = append(suites, project.Service{Name: name, Suite: &project.Suite{Verifies: []string{"orders"}}})
	}
	w := newTimed(t, past)
	for i, want := range []string{"a b", "c d e"} {
		ours, err := w.share(t.Context(), suites, Shard{Index: i + 1, Total: 2}, &pastRuns{p: w.Pipeline})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range ours {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("shard %d/2 has %s, want %s", i+1, got, want)
		}
	}
}
