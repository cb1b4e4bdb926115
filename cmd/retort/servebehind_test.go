package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/registry/serve"
)

// serveBehind serves the registry of a directory, until the test ends, and gives its
// address. Each request goes to answer, which may hand it to the registry.
func serveBehind(t *testing.T, dir string, answer func(w http.ResponseWriter, r *http.Request, registry http.Handler)) (addr string) {
	t.Helper()
	registry, err := serve.Handler(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r, registry) }))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}
