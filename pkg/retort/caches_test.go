package retort

import (
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/ci"
)

// The build of a fork leaves its cache in no registry: the next build of a branch
// would take it from there.
func TestForksExportNoCache(t *testing.T) {
	entries := []string{
		"registry.example.com/cache", "type=registry,ref=registry.example.com/cache", "type=local,dest=cache", "type=inline",
		"mode=max,TYPE=registry,ref=registry.example.com/cache", `"type=registry",ref=registry.example.com/cache`, "type=s3,bucket=b",
		"type=local,type=registry,dest=x,ref=y",
	}
	b := newBench(t, "orders")
	b.CI = ci.Environment{System: ci.Travis, Event: ci.PullRequest, PullRequest: 24, Fork: true}
	if got, want := b.exportable("orders", entries, false), []string{"type=local,dest=cache", "type=inline"}; !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
	if len(b.told.warnings) != len(entries)-2 || !strings.Contains(b.told.warnings[0], "pull request 24 is from a fork") {
		t.Errorf("warned %q", b.told.warnings)
	}
	if got := b.exportable("orders", entries, true); !slices.Equal(got, entries) {
		t.Errorf("asked to all the same: %q", got)
	}
	b.CI = ci.Environment{Secrets: true}
	if got := b.exportable("orders", entries, false); !slices.Equal(got, entries) {
		t.Errorf("a branch keeps %q", got)
	}
}
