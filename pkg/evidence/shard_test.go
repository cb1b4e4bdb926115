package evidence_test

import (
	"bytes"
	"testing"

	"github.com/retort-ci/retort/pkg/evidence"
)

// A part of nothing proves nothing, and nobody makes a statement of it.
func TestBadShards(t *testing.T) {
	plan := digest("07")
	for name, shard := range map[string]evidence.Shard{
		"index 0":      {Index: 0, Total: 5, Plan: plan},
		"beyond total": {Index: 6, Total: 5, Plan: plan},
		"no plan":      {Index: 1, Total: 5},
		"endless":      {Index: 1, Total: 1_000_000, Plan: plan},
	} {
		r := full()
		r.Shard = shard
		if _, err := r.Statement(); err == nil {
			t.Errorf("%s: a statement was made", name)
		}
	}
	for _, name := range []string{"0/5", "6/5", "2/0", "two/five", "2", "2/1001"} {
		data := bytes.Replace(statement(t, full()), []byte(`"2/5"`), []byte(`"`+name+`"`), 1)
		if r, err := evidence.ParseTestResult(data); err == nil {
			t.Errorf("shard %s was read as %+v", name, r.Shard)
		}
	}
}
