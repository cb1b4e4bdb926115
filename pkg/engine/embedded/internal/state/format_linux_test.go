package state

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
)

// A directory with somebody else's files is not taken over: what is swept there
// would be theirs.
func TestForeignDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	theirs := filepath.Join(dir, "run", "app.lock")
	if err := os.Mkdir(filepath.Dir(theirs), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(theirs, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), dir, nil)
	if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(fault.HintOf(err), "--state-dir") || !strings.Contains(err.Error(), "run") {
		t.Errorf("error is %v (%s)", err, fault.HintOf(err))
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("it was touched: %v, %v", entries, err)
	}
}
