package service

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// patience is how long /healthz may take to find out; "healthy" waits for it
// twice as long, to report its reason.
const patience = time.Second

// within gives check's error, or a timeout when that takes longer. It does not
// wait for check then: a Kafka client in the middle of a connection heeds no
// context.
func within(ctx context.Context, limit time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- check(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("no answer within %s: %w", limit, ctx.Err())
	}
}

// HealthHandler answers 200 while check succeeds, and otherwise 503 with the
// reason.
func HealthHandler(check func(context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := within(r.Context(), patience, check); err != nil {
			WriteError(w, http.StatusServiceUnavailable, err)
			return
		}
		WriteJSON(w, http.StatusOK, map[string]string{"status": "healthy"})
	})
}

// CheckHTTP asks /healthz of the service that listens on the given address of
// this container, and gives its answer as the error unless it is 200.
func CheckHTTP(ctx context.Context, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("check health: %w", err)
	}
	url := "http://" + net.JoinHostPort("127.0.0.1", port) + "/healthz"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("check health: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("check health: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10))
		return fmt.Errorf("check health: %s: %s", res.Status, body)
	}
	return nil
}
