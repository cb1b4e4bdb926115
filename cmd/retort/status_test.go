package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/retort"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file below testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestStatusIsShown(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	digest, commit := "sha256:"+strings.Repeat("0123456789abcdef", 4), "aca688c2aca688c2aca688c2aca688c2aca688c2"
	list := []retort.Status{
		{Service: "billing", Environment: "staging", Ref: "localhost:5000/billing:staging"},
		{Service: "billing", Environment: "production", Ref: "localhost:5000/prod/billing:live", Digest: digest, Unrecorded: true},
		{
			Service: "orders", Environment: "staging", Ref: "localhost:5000/orders:staging", Digest: digest,
			Since: now.Add(-90 * time.Minute), Commit: commit, Behind: &retort.Behind{Of: "HEAD", Count: 1},
		},
		{
			Service: "orders", Environment: "production", Ref: "localhost:5000/prod/orders:live", Digest: digest,
			Since: now.Add(-50 * time.Hour), Commit: commit, Behind: &retort.Behind{Of: "staging", Count: 3},
		},
		{
			Service: "web", Environment: "staging", Ref: "localhost:5000/web:staging", Digest: digest,
			Since: now.Add(-time.Minute), Commit: commit, Behind: &retort.Behind{Of: "HEAD", Count: 12},
		},
		{
			Service: "web", Environment: "production", Ref: "localhost:5000/prod/web:live", Digest: digest,
			Since: now.Add(-time.Second), Commit: commit, Behind: &retort.Behind{Of: "staging"},
		},
	}
	var table, doc strings.Builder
	header, rows := statusTable(list, now)
	if err := ui.Table(&table, header, rows); err != nil {
		t.Fatal(err)
	}
	golden(t, "status.golden", table.String())
	if err := writeJSON(&doc, list); err != nil {
		t.Fatal(err)
	}
	golden(t, "status.golden.json", doc.String())
}
