package registry

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// authorization gives the header's value for requests of the scopes: empty as
// long as the registry has not asked for any. It is found out by the first
// refusal instead of a request to /v2/, so registries that ask for nothing are
// never asked what they ask for, and their credentials are never looked up.
func (c *Client) authorization(ctx context.Context, repo name.Repository, scopes []string) (string, error) {
	h := c.host(repo)
	asks := h.challenge()
	if asks == nil {
		return "", nil
	}
	login, err := c.login(ctx, h, repo)
	switch {
	case err != nil:
		return "", err
	case login.RegistryToken != "":
		return "Bearer " + login.RegistryToken, nil
	case asks.Scheme == "bearer":
		token, err := c.token(ctx, h, login, asks, scopes)
		return "Bearer " + token, err
	case *login == authn.AuthConfig{}:
		return "", nil
	}
	basic := cmp.Or(login.Auth, base64.StdEncoding.EncodeToString([]byte(login.Username+":"+login.Password)))
	return "Basic " + basic, nil
}

// login reads the credentials for the repository, once.
func (c *Client) login(ctx context.Context, h *host, repo name.Repository) (*authn.AuthConfig, error) {
	h.mu.Lock()
	known := h.logins[repo.Name()]
	h.mu.Unlock()
	if known != nil {
		return known, nil
	}
	auth, err := authn.Resolve(ctx, c.keychain, repo)
	if err != nil {
		return nil, err
	}
	login, err := authn.Authorization(ctx, auth)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.logins[repo.Name()] = login
	return login, nil
}

// token gives a token for the scopes, of the memory or of the token service.
func (c *Client) token(ctx context.Context, h *host, login *authn.AuthConfig, asks *transport.Challenge, scopes []string) (string, error) {
	key := strings.Join(scopes, " ")
	if held, ok := h.tokens.get(key); ok {
		return held, nil
	}
	defer h.tokens.fetching.lock(key)()
	if held, ok := h.tokens.get(key); ok {
		return held, nil
	}
	got, err := transport.Exchange(ctx, h.registry, authn.FromConfig(*login), c.transport, scopes, asks)
	if err != nil {
		return "", err
	}
	value := cmp.Or(got.AccessToken, got.Token)
	c.secret(value)
	h.tokens.put(key, value, time.Duration(got.ExpiresIn)*time.Second)
	return value, nil
}

// refused forgets the authorization that an answer 401 was given to, and says
// whether another may do better.
func (h *host) refused(repo name.Repository, scopes []string, used string, resp *http.Response) bool {
	before := h.challenge()
	if !h.demand(resp) {
		return false
	}
	if used == "" {
		return true
	}
	if token, ok := strings.CutPrefix(used, "Bearer "); ok {
		h.tokens.drop(strings.Join(scopes, " "), token)
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.logins, repo.Name())
	return before.Scheme != h.asks.Scheme
}

// signed puts the authorization on requests to the registry itself: not on
// those to which it redirects elsewhere, with other names or another port.
type signed struct {
	next         http.RoundTripper
	scheme, host string
	value        string
}

func (s signed) RoundTrip(req *http.Request) (*http.Response, error) {
	if s.value != "" && req.URL.Host == s.host && req.URL.Scheme == s.scheme {
		authorized := *req // a RoundTripper must not change its request
		authorized.Header = req.Header.Clone()
		authorized.Header.Set("Authorization", s.value)
		req = &authorized
	}
	return s.next.RoundTrip(req)
}
