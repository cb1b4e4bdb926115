// Command baseimages makes the base images that the examples build on from
// what this machine has, and pushes them to a registry under the names that
// Docker Hub gives them. It is run by scripts/base-images, and needs no Docker.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/retort-ci/retort/pkg/fault"
)

type options struct {
	registry string // HOST:PORT
	goroot   string
	busybox  string // path of a static busybox
	force    bool   // push what is already there too
}

func main() {
	var opts options
	flag.StringVar(&opts.goroot, "goroot", "", "make the golang image from the Go toolchain in `DIR`")
	flag.StringVar(&opts.busybox, "busybox", "/bin/busybox", "take the shell and its commands from the static busybox `FILE`")
	flag.BoolVar(&opts.force, "force", false, "make and push images that are already there, too")
	flag.Parse()
	opts.registry = flag.Arg(0)
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(fault.Usage.ExitCode())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, opts, os.Stdout)
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "base-images:", err)
	if hint := fault.HintOf(err); hint != "" {
		fmt.Fprintln(os.Stderr, "  ", hint)
	}
	os.Exit(fault.SideOf(err).ExitCode())
}

// run publishes each image and writes a line about it to out.
func run(ctx context.Context, opts options, out io.Writer) error {
	busybox, err := busyboxImage(ctx, opts.busybox)
	if err != nil {
		return err
	}
	golang, err := golangImage(ctx, opts.goroot, opts.busybox)
	if err != nil {
		return err
	}
	for _, i := range []image{busybox, golang} {
		start := time.Now()
		digest, created, err := publish(ctx, opts.registry, i, opts.force)
		if err != nil {
			return err
		}
		state := "already there"
		if created {
			state = "created"
		}
		_, _ = fmt.Fprintf(out, "%s/%s@%s (%s) %.1fs\n", opts.registry, i.name, digest, state, time.Since(start).Seconds())
	}
	return nil
}
