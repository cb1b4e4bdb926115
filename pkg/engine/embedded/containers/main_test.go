//go:build linux

package containers_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/retort-ci/retort/pkg/engine/embedded"
)

// TestMain runs the tests in namespaces of their own, as the engine runs: what
// they leave behind ends with them.
func TestMain(m *testing.M) {
	code, done, err := embedded.Enter(embedded.Program{
		Args: os.Args, Env: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	switch {
	case err != nil && os.Getenv("CI") == "true":
		fmt.Println(err)
		os.Exit(1)
	case err != nil:
		fmt.Println("SKIP: no namespaces here:", err)
	case done:
		os.Exit(code)
	default:
		os.Exit(m.Run())
	}
}

// needRunc skips where there is none; where CI=true it fails.
func needRunc(tb testing.TB) {
	tb.Helper()
	if _, err := exec.LookPath("runc"); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
}
