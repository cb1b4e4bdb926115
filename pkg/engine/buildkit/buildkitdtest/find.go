package buildkitdtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Variable names the environment variable with buildkitd's path; scripts/test sets
// it.
const Variable = "RETORT_BUILDKITD"

// find gives buildkitd's path, or skips the test with the reason.
func find(tb testing.TB) string {
	tb.Helper()
	path, err := look()
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		tb.Fatal(err)
	}
	tb.Skip(err)
	return ""
}

func look() (string, error) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		return "", errors.New("only root can run buildkitd, on Linux")
	}
	for _, program := range []string{"runc", "unshare"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", fmt.Errorf("buildkitd needs %s: %w", program, err)
		}
	}
	path := os.Getenv(Variable)
	if path == "" {
		path = cached()
	}
	if path == "" {
		return "", fmt.Errorf("no buildkitd; build it: export %s=$(scripts/buildkitd)", Variable)
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s: %w", Variable, err)
	}
	return path, nil
}

// cached is what scripts/buildkitd has left for whoever calls go test alone: of
// several versions the last.
func cached() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	found := glob(filepath.Join(dir, "retort", "buildkitd", "v*", "buildkitd"))
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}
