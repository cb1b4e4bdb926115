package direct_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/direct"
)

func TestTransport(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
		_, _ = io.WriteString(w, r.RequestURI)
	})
	refuse := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/closed" {
			return false
		}
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	client := http.Client{Transport: direct.Transport{Next: echo, Answer: refuse}}
	for path, want := range map[string]string{"/open?n=1": "200 hello /open?n=1", "/closed": "403 "} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://nowhere.example"+path, strings.NewReader("hello "))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if got := resp.Status[:4] + string(said); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", path, got, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	body := &closing{Reader: strings.NewReader("hello")}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://nowhere.example/", body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	if !errors.Is(err, context.Canceled) || !body.closed {
		t.Errorf("a request that was given up: %v, its body is closed: %t", err, body.closed)
	}
}

// closing says whether it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}
