package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/retort-ci/retort/pkg/fault"
)

// DefaultAddr is where the registry listens when nobody says otherwise.
const DefaultAddr = "127.0.0.1:5000"

const (
	graceful      = 2 * time.Second // for requests under way when the server is closed
	headerTimeout = 10 * time.Second
)

// Options are the choices of Listen.
type Options struct {
	Dir    string       // where everything pushed is kept; made when missing; required
	Addr   string       // host:port; DefaultAddr when empty; port 0 picks a free one
	Logger *slog.Logger // nil discards; requests are told at debug level
}

// Server is a registry that listens.
type Server struct {
	addr     string
	http     *http.Server
	registry *registry
	detach   func() bool // from Listen's ctx
	done     chan struct{}
	err      error // why serving ended; readable once done is closed
}

// Listen opens the directory, binds the address and serves in the background
// until ctx is done or Close is called. When it returns, requests are answered.
//
// The directory is locked against a second registry. An address in use or an
// unusable directory is a fault on the caller's side with a hint.
func Listen(ctx context.Context, opts Options) (*Server, error) {
	log := opts.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	reg, err := open(ctx, opts.Dir, log)
	if err != nil {
		return nil, err
	}
	listener, err := bind(ctx, opts.Addr)
	if err != nil {
		return nil, errors.Join(err, reg.close())
	}
	warnExposed(log, listener.Addr())
	s := &Server{
		addr:     listener.Addr().String(),
		registry: reg,
		done:     make(chan struct{}),
		http: &http.Server{
			Handler:           reg,
			ReadHeaderTimeout: headerTimeout,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		},
	}
	s.detach = context.AfterFunc(ctx, s.shutdown)
	go s.serve(listener)
	return s, nil
}

// Addr is the host:port the server listens on.
func (s *Server) Addr() string { return s.addr }

// Wait blocks until the server has ended and its directory is free again. It
// gives nil after Close or the end of Listen's ctx.
func (s *Server) Wait() error {
	<-s.done
	return s.err
}

// Close ends the server: requests under way have two seconds to finish, then
// their connections are cut. Closing twice is no error.
func (s *Server) Close() error {
	s.detach()
	s.shutdown()
	return s.Wait()
}

func (s *Server) shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), graceful)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close()
	}
}

func (s *Server) serve(listener net.Listener) {
	defer close(s.done)
	err := s.http.Serve(listener)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	s.err = errors.Join(err, s.registry.close())
}

func bind(ctx context.Context, addr string) (net.Listener, error) {
	if addr == "" {
		addr = DefaultAddr
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err == nil {
		return listener, nil
	}
	hint := "give host:port with --addr, port 0 for a free one"
	if errors.Is(err, syscall.EADDRINUSE) {
		hint = "another program listens there; choose a free port with --addr 127.0.0.1:0"
	}
	return nil, fault.Wrap(fault.Usage, fmt.Errorf("listen on %s: %w", addr, err), hint)
}

// warnExposed tells when others than this machine can reach the registry,
// which asks nobody for credentials.
func warnExposed(log *slog.Logger, addr net.Addr) {
	at, err := netip.ParseAddrPort(addr.String())
	if err == nil && !at.Addr().Unmap().IsLoopback() {
		log.Warn("the registry can be reached from other machines and asks for no credentials", "addr", addr.String())
	}
}
