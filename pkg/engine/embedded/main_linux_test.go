package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/retort-ci/retort/pkg/engine/embedded"
)

// stateVariable names the state directory of the test run. Children of a test,
// which run this binary again, work in the same one.
const stateVariable = "RETORT_EMBEDDED_TEST_STATE"

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run runs the tests in the binary's second self, where there may be one.
func run(m *testing.M) int {
	if raced {
		fmt.Println("SKIP: BuildKit's solver has a race of its own; scripts/test runs this without the detector")
		return 0
	}
	env := os.Environ()
	if os.Getenv(stateVariable) == "" {
		dir, err := os.MkdirTemp("", "retort-embedded-")
		if err != nil {
			return fail(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		env = append(env, stateVariable+"="+filepath.Join(dir, "state"))
	}
	role := os.Getenv(roleVariable)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := listen(role, cancel)
	code, done, err := embedded.EnterContext(ctx, embedded.Program{
		Args: os.Args, Env: env, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	switch {
	case errors.Is(err, errOver):
		fmt.Println(err)
		return 70
	case err != nil && os.Getenv("CI") == "true":
		return fail(err)
	case err != nil:
		fmt.Println("SKIP: no namespaces here:", err)
		return 0
	case done:
		return code
	}
	if role != "" {
		return play(role, signals)
	}
	return m.Run()
}

// errOver ends the context of the role "over".
var errOver = errors.New("over before it began")

// listen does what a program does about signals before it enters.
func listen(role string, cancel context.CancelCauseFunc) chan os.Signal {
	signals := make(chan os.Signal, 2)
	switch role {
	case "over":
		cancel(errOver)
	case "signal":
		signal.Notify(signals, syscall.SIGTERM)
	}
	return signals
}

func fail(err error) int {
	fmt.Println(err)
	return 1
}
