// Package service is what the shop's processes have in common: a command line
// with a health check of its own, an HTTP server that stops when it is told
// to, and the health endpoint.
package service

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"syscall"
)

// Service is one process of the shop.
type Service struct {
	Name    string                      // begins each message
	Serve   func(context.Context) error // works until the context ends
	Healthy func(context.Context) error // asks the running process how it is
}

// Run serves when args is empty. With the one argument "healthy" it checks the
// running service instead, because the final image has no shell and no curl
// for a health check to use. It returns the exit code.
func (s Service) Run(ctx context.Context, args []string, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	do := s.Serve
	switch {
	case len(args) == 1 && args[0] == "healthy":
		do = func(ctx context.Context) error { return within(ctx, 2*patience, s.Healthy) }
	case len(args) > 0:
		_, _ = fmt.Fprintf(stderr, "usage: %s [healthy]\n", s.Name)
		return 2
	}
	if err := do(ctx); err != nil {
		_, _ = fmt.Fprintf(stderr, "%s: %v\n", s.Name, err)
		return 1
	}
	return 0
}
