// Command cosigninterop holds signed evidence against cosign, in both directions
// and in both forms that cosign stores attestations in: by the library, and by the
// retort command on a Docker engine. It is run by scripts/cosign-interop, and
// needs no network.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/registry/serve"
)

func main() {
	retort := flag.String("retort", "retort", "`PATH` of the command")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: cosigninterop [-retort PATH] COSIGN…")
		os.Exit(fault.Usage.ExitCode())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, *retort, flag.Args(), os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cosign-interop:", err)
		os.Exit(fault.SideOf(err).ExitCode())
	}
}

// run checks every binary and writes a line about each check to out.
func run(ctx context.Context, retort string, binaries []string, out io.Writer) error {
	retort, err := filepath.Abs(retort)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "cosign-interop-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, err := serve.Listen(ctx, serve.Options{Dir: filepath.Join(dir, "registry"), Addr: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	client := registry.New(registry.Options{})
	defer client.Close()
	failed := 0
	for _, binary := range binaries {
		c, err := newCosign(ctx, binary, dir)
		if err != nil {
			return err
		}
		failed += checkAll(ctx, &room{cosign: c, registry: client, addr: server.Addr(), retort: retort}, out)
	}
	if failed > 0 {
		return fmt.Errorf("%d checks failed", failed)
	}
	return nil
}

// checkAll gives the number of checks that failed.
func checkAll(ctx context.Context, r *room, out io.Writer) int {
	failed := 0
	for _, check := range checks() {
		word := "ok  "
		err := check.run(ctx, r)
		if err != nil {
			word, failed = "FAIL", failed+1
		}
		_, _ = fmt.Fprintf(out, "%s  cosign %s: %s\n", word, r.version, check.name)
		if err != nil {
			_, _ = fmt.Fprintf(out, "      %v\n", err)
		}
	}
	return failed
}
