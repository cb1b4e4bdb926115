//go:build !race

package early

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/retort-ci/retort/pkg/engine/embedded/secondself"
)

func init() {
	// Without root there are the users of a user namespace to find, which is main's.
	if os.Geteuid() != 0 || secondself.Is() || !wanted(os.Args, os.Getenv("RETORT_ENGINE")) {
		return
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	code, err := secondself.Run(context.Background(), secondself.Program{
		Args: os.Args, Env: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}, nil)
	if err != nil {
		signal.Stop(signals)
		return // main comes to it too, and says what is wrong
	}
	select {
	case by := <-signals:
		code = stopped(code, by)
	default:
	}
	os.Exit(code)
}

// stopped is the exit code of a run that was sent a signal: never that of a success,
// as main has it.
func stopped(code int, by os.Signal) int {
	number, ok := by.(syscall.Signal)
	if code != 0 || !ok {
		return code
	}
	name := map[syscall.Signal]string{syscall.SIGINT: "SIGINT", syscall.SIGTERM: "SIGTERM"}[number]
	_, _ = os.Stderr.WriteString("retort: stopped by " + name + "\n")
	return 128 + int(number)
}
