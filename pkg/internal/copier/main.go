// Copier copies images, all at once: copier "SOURCE DESTINATION"… It is what
// benchmarks measure beside other programs: this package in a process of its
// own, which like them keeps no records.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/registry"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run prints the most memory that the process had, for which see proc(5). With
// nothing to copy that is what it has at rest.
func run(ctx context.Context, pairs []string) error {
	c := registry.New(registry.Options{})
	group, ctx := errgroup.WithContext(ctx)
	for _, pair := range pairs {
		src, dst, _ := strings.Cut(pair, " ")
		group.Go(func() error {
			_, err := c.Copy(ctx, src, dst)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	peak, _, _ = strings.Cut(peak, "\n")
	_, err = fmt.Println(peak)
	return err
}
