package promote_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/retort-ci/retort/pkg/step/promote"
)

func TestSource(t *testing.T) {
	errAway := errors.New("away")
	edge := promote.Edge{Service: "orders", From: "r/orders@sha256:12"}
	main, topic, release := promote.Built{Branch: "main"}, promote.Built{Branch: "topic/main"}, promote.Built{Tag: "v1"}
	for name, test := range map[string]struct {
		branches, tags []string
		builds         []promote.Built
		err            error
		want           string // allowed, reason, remedy
		gate           string
	}{
		"its branch": {
			branches: []string{"main"}, builds: []promote.Built{main},
			want: "true built from branch main ", gate: "branches",
		},
		"its tag": {
			tags: []string{"v*"}, builds: []promote.Built{release},
			want: "true built from tag v1 ", gate: "tags",
		},
		"either will do": {
			branches: []string{"main"}, tags: []string{"v*"}, builds: []promote.Built{{Branch: "topic", Tag: "v1"}},
			want: "true built from branch topic, tag v1 ", gate: "branches, tags",
		},
		"one of several builds": {
			branches: []string{"main"}, builds: []promote.Built{topic, main},
			want: "true built from branch main ", gate: "branches",
		},
		"another branch": {
			branches: []string{"main", "release/*"}, tags: []string{"v*"}, builds: []promote.Built{topic},
			want: "false built from branch topic/main, and not from branch main, release/* or tag v* build and push it from branch main, release/* or tag v*",
			gate: "branches, tags",
		},
		"a star is one part": {
			branches: []string{"*"}, builds: []promote.Built{topic},
			want: "false built from branch topic/main, and not from branch * build and push it from branch *", gate: "branches",
		},
		"a star wants a name": {
			branches: []string{"*"}, tags: []string{"*"}, builds: []promote.Built{{}},
			want: "false built from neither a branch nor a tag, and not from branch * or tag * build and push it from branch * or tag *",
			gate: "branches, tags",
		},
		"with changes of its own": {
			branches: []string{"main"}, tags: []string{"v*"}, builds: []promote.Built{{Branch: "main", Tag: "v1", Modified: true}},
			want: "false built from branch main, tag v1, with changes that no commit holds, and not from branch main or tag v* build and push it from branch main or tag v*",
			gate: "branches, tags",
		},
		"one of several with changes": {
			branches: []string{"main"}, builds: []promote.Built{{Branch: "main", Modified: true}, main},
			want: "true built from branch main ", gate: "branches",
		},
		"changes to nothing named": {
			branches: []string{"*"}, builds: []promote.Built{{Modified: true}},
			want: "false built from neither a branch nor a tag, with changes that no commit holds, and not from branch * build and push it from branch *",
			gate: "branches",
		},
		"no provenance": {
			branches: []string{"*"},
			want:     "false no provenance says what sha256:12 was built from retort push orders, which attaches it", gate: "branches",
		},
		"cannot tell": {
			branches: []string{"main"}, builds: []promote.Built{topic}, err: errAway,
			want: "false  ", gate: "branches",
		},
		"what could be read will do": {
			branches: []string{"main"}, builds: []promote.Built{main}, err: errAway,
			want: "true built from branch main ", gate: "branches",
		},
	} {
		t.Run(name, func(t *testing.T) {
			gate := promote.Source{
				Branches: test.branches, Tags: test.tags,
				Provenance: func(_ context.Context, image string) ([]promote.Built, error) {
					if image != edge.From {
						return nil, fmt.Errorf("asked about %s", image)
					}
					return test.builds, test.err
				},
			}
			v, err := gate.Ask(t.Context(), edge)
			if got := fmt.Sprint(v.Allowed, " ", v.Reason, " ", v.Remedy); got != test.want || gate.Name() != test.gate {
				t.Errorf("%s: %s, want %s: %s", gate.Name(), got, test.gate, test.want)
			}
			if wantErr := test.err != nil && !v.Allowed; (err != nil) != wantErr || wantErr && !errors.Is(err, errAway) {
				t.Errorf("error is %v", err)
			}
		})
	}
	bad := promote.Source{Branches: []string{"["}, Provenance: func(context.Context, string) ([]promote.Built, error) {
		return []promote.Built{main}, nil
	}}
	if v, err := bad.Ask(t.Context(), edge); err == nil || v.Allowed {
		t.Errorf("a bad pattern gives %+v, %v", v, err)
	}
}
