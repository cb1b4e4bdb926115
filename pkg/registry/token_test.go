package registry_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/registry"
)

// guardhouse asks for tokens. With one request, those given so far end.
type guardhouse struct {
	addr string
	ends int // the request with which they do; 0: never

	mu       sync.Mutex
	issued   int
	ended    int // tokens up to this one are no longer good
	requests int
	scopes   []string
}

func (g *guardhouse) answer(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.URL.Path == "/token" {
		g.issued++
		g.scopes = append(g.scopes, strings.Join(r.URL.Query()["scope"], " "))
		_, _ = fmt.Fprintf(w, `{"token":"%d","expires_in":300}`, g.issued)
		return true
	}
	if g.requests++; g.requests == g.ends {
		g.ended = g.issued
	}
	token, err := strconv.Atoi(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err == nil && token > g.ended {
		return false
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+g.addr+`/token",service="test"`)
	w.WriteHeader(http.StatusUnauthorized)
	return true
}

// A token that ends in the middle is replaced, whatever the request was.
func TestATokenThatEndsInTheMiddle(t *testing.T) {
	t.Parallel()
	img := single(t, 9<<20)
	for ends := 1; ends <= 9; ends++ {
		t.Run(fmt.Sprint(ends), func(t *testing.T) {
			t.Parallel()
			w := embedded(t)
			g := &guardhouse{addr: w.addr, ends: ends}
			w.intercept(g.answer)
			c := client(t)
			if _, err := c.Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Copy(t.Context(), w.addr+"/shop/orders:1", w.addr+"/prod/orders:1"); err != nil {
				t.Fatal(err)
			}
			stored(t, w, "prod/orders", img)
		})
	}
}

// A token is asked for once per scope, and not at all where nobody asks.
func TestATokenPerScope(t *testing.T) {
	w := embedded(t)
	g := &guardhouse{addr: w.addr}
	w.intercept(g.answer)
	c := client(t)
	pushed(t, c, w.addr+"/shop/orders:1")
	if _, err := c.Copy(t.Context(), w.addr+"/shop/orders:1", w.addr+"/prod/orders:1"); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, scope := range g.scopes {
		if seen[scope] {
			t.Errorf("asked twice for %s", scope)
		}
		seen[scope] = true
	}
	if !seen["repository:prod/orders:push,pull repository:shop/orders:pull"] {
		t.Errorf("no token for a mount: %v", g.scopes)
	}
	if pings := w.seen("GET /v2/ "); len(pings) != 0 {
		t.Errorf("asked %v", pings)
	}
}

// A token is a secret, and told as such before it is shown to anyone.
func TestTokensAreTold(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	g := &guardhouse{addr: w.addr}
	w.intercept(g.answer)
	var mu sync.Mutex
	told := map[string]bool{}
	c := registry.New(registry.Options{OnSecret: func(secret string) {
		mu.Lock()
		defer mu.Unlock()
		told[secret] = true
	}})
	t.Cleanup(c.Close)
	if _, err := c.Push(t.Context(), single(t, 100), w.addr+"/shop/orders:1"); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if !told["1"] {
		t.Errorf("told %v, want the token", told)
	}
}
