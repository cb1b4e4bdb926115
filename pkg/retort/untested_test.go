package retort

import (
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/state"
)

// suiteRan is an entry about the image; shard is "1/2 a", or "" for the whole.
func suiteRan(verdict state.Verdict, minute int, image, shard string) state.Suite {
	pr := ran(minute, shard, verdict == state.Passed)
	s := state.Suite{Verdict: verdict, Image: imageID, Verifies: map[string]string{"orders": image}, Started: pr.Ran}
	if shard != "" {
		kin := state.Shard(pr.Shard)
		s.Suite, s.Shard = "e2e", &kin
	}
	return s
}

// What this workspace knows of the suites, and what other agents have left about
// the digest, decides together.
func TestRequireTested(t *testing.T) {
	const other = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	passed := func(minute int, shard string) state.Suite { return suiteRan(state.Passed, minute, imageID, shard) }
	failed := func(minute int, shard string) state.Suite { return suiteRan(state.Failed, minute, imageID, shard) }
	type suites = map[string]state.Suite
	for name, test := range map[string]struct {
		here  suites
		there suites // evidence
		want  string // of the refusal
	}{
		"did not run":         {want: "orders: e2e did not run on this image"},
		"passed here":         {here: suites{"e2e": passed(1, "")}},
		"failed here":         {here: suites{"e2e": failed(1, "")}, want: "e2e did not pass"},
		"timed out here":      {here: suites{"e2e": suiteRan(state.Timeout, 1, imageID, "")}, want: "e2e did not pass"},
		"of another image":    {here: suites{"e2e": suiteRan(state.Passed, 1, other, "")}, want: "e2e did not run on this image"},
		"passed elsewhere":    {there: suites{"e2e": passed(1, "")}},
		"failed elsewhere":    {there: suites{"e2e": failed(1, "")}, want: "e2e did not pass"},
		"failed there since":  {here: suites{"e2e": passed(1, "")}, there: suites{"e2e": failed(2, "")}, want: "e2e did not pass"},
		"mended here":         {here: suites{"e2e": passed(2, "")}, there: suites{"e2e": failed(1, "")}},
		"failed here since":   {here: suites{"e2e": failed(2, "")}, there: suites{"e2e": passed(1, "")}, want: "e2e did not pass"},
		"all shards here":     {here: suites{"e2e 1/2": passed(1, "1/2 a"), "e2e 2/2": passed(1, "2/2 a")}},
		"half of it":          {here: suites{"e2e 1/2": passed(1, "1/2 a")}, want: "e2e did not pass"},
		"half here and there": {here: suites{"e2e 1/2": passed(1, "1/2 a")}, there: suites{"e2e 2/2": passed(1, "2/2 a")}},
		"of two divisions":    {here: suites{"e2e 1/2": passed(1, "1/2 a")}, there: suites{"e2e 2/2": passed(1, "2/2 b")}, want: "e2e did not pass"},
		"another suite alone": {here: suites{"lint": passed(1, "")}, want: "e2e did not run"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "orders", "billing")
			b.Project.Services = append(b.Project.Services, project.Service{Name: "e2e", Suite: &project.Suite{Verifies: []string{"orders"}}})
			out := outgoing{service: b.service("orders"), located: located{id: imageID}}
			if test.there != nil {
				img := image(t)
				out.digest = b.service("orders").Image + "@" + b.pushImage(t, img, b.candidate(out.service))
				config, err := img.ConfigName()
				if err != nil {
					t.Fatal(err)
				}
				for key, s := range test.there {
					s.Verifies = map[string]string{"orders": config.String()}
					if err := b.attachEvidence(t.Context(), state.Run{Suites: suites{key: s}}, "orders", out.digest); err != nil {
						t.Fatal(err)
					}
				}
			}
			b.remember(t, func(r *state.Run) { r.Project, r.Commit, r.Suites = "shop", commit, test.here })
			unverified := outgoing{service: b.service("billing"), located: located{id: imageID}}
			err := b.requireTested(t.Context(), []outgoing{unverified, out})
			if test.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if fault.SideOf(err) != fault.Policy || !strings.Contains(err.Error(), "push refused, nothing was sent: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if want := "retort test e2e && retort push orders; or retort push --untested"; fault.HintOf(err) != want {
				t.Errorf("hint %q, want %q", fault.HintOf(err), want)
			}
		})
	}
}

// A registry that has lost the digest has no evidence either.
func TestRequireTestedOfALostDigest(t *testing.T) {
	b := newBench(t, "orders")
	b.Project.Services = append(b.Project.Services, project.Service{Name: "e2e", Suite: &project.Suite{Verifies: []string{"orders"}}})
	entry := suiteRan(state.Passed, 1, imageID, "")
	entry.Started = time.Now()
	b.remember(t, func(r *state.Run) {
		r.Project, r.Commit, r.Suites = "shop", commit, map[string]state.Suite{"e2e": entry}
	})
	out := outgoing{service: b.service("orders"), located: located{id: imageID, digest: b.service("orders").Image + "@sha256:" + strings.Repeat("c", 64)}}
	if err := b.requireTested(t.Context(), []outgoing{out}); err != nil {
		t.Error(err)
	}
}
