// Command suite runs a compiled test binary as a suite of the shop: the
// verdict is its exit code, and the cases go into a JUnit report.
//
//	suite -report /reports/orders.xml ./orders.test [arguments of the binary]
//
// The image of a suite then needs neither Go nor network when it runs. Where
// retort runs the suite in shards, each runs its part of the tests.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/retort-ci/retort/examples/shop/internal/junit"
)

func main() {
	report := flag.String("report", "report.xml", "write the JUnit report to `FILE`")
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	// PID 1 gets no default signal handling from the kernel.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := 0
	argv, err := junit.Shard(ctx, os.Getenv("RETORT_SHARD_INDEX"), os.Getenv("RETORT_SHARD_TOTAL"), flag.Args()...)
	if err == nil {
		code, err = junit.Run(ctx, *report, os.Stdout, argv...)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		os.Exit(2)
	}
	os.Exit(code)
}
