package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// drain is how long requests under way may take once the service is told to
// stop; a container gets ten seconds before it is killed.
const drain = 2 * time.Second

// ServeHTTP answers on address with h until ctx ends, then lets the requests
// under way finish.
func ServeHTTP(ctx context.Context, address string, h http.Handler) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	return serve(ctx, ln, h)
}

func serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	drained := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		drained <- srv.Shutdown(ctx)
	})
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP on %s: %w", ln.Addr(), err)
	}
	if err := <-drained; err != nil {
		return fmt.Errorf("finish the requests under way: %w", err)
	}
	return nil
}

// WriteJSON answers with v as a JSON document.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The status line has gone out: an error here can only be the client's.
	_ = json.NewEncoder(w).Encode(v)
}

// WriteError answers with a JSON document that says what went wrong.
func WriteError(w http.ResponseWriter, status int, err error) {
	WriteJSON(w, status, map[string]string{"error": err.Error()})
}
