package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// call is one request about a repository (distribution-spec v1.1).
type call struct {
	method string
	repo   name.Repository
	path   string           // below the repository: manifests/…, blobs/…
	query  url.Values       // of path
	at     *url.URL         // in place of path: a Location that the registry gave
	scope  string           // transport.PullScope or PushScope
	from   *name.Repository // read by the registry as well, for a mount
	header http.Header
	body   func() io.ReadCloser // nil for none; called for every time it is sent
	size   int64                // of the body, -1 when not known
	once   bool                 // the body cannot be read twice
	large  bool                 // the body is long, and has a slot of its own
	want   []int                // the good answers
}

// scopes are what the call needs a token for, its own repository first: some
// registries look at no other.
func (k call) scopes() []string {
	scopes := []string{k.repo.Scope(k.scope)}
	if k.from != nil && k.from.Name() != k.repo.Name() {
		scopes = append(scopes, k.from.Scope(transport.PullScope))
	}
	return scopes
}

// do makes the call, without trying again but for an authorization that is
// missing or no longer good. The answer's body is the caller's to close; every
// answer but those wanted is a *transport.Error.
func (c *Client) do(ctx context.Context, k call) (*http.Response, error) {
	h := c.host(k.repo)
	if !k.large {
		free, err := h.small.take(ctx)
		if err != nil {
			return nil, err
		}
		defer free()
	}
	scopes := k.scopes()
	asked, renewed := false, false
	for {
		auth, err := c.authorization(ctx, k.repo, scopes)
		if err != nil {
			return nil, err
		}
		resp, err := c.send(ctx, h, k, auth)
		if err != nil {
			return nil, err
		}
		again := resp.StatusCode == http.StatusUnauthorized && resp.Request.URL.Host == h.registry.RegistryStr() &&
			h.refused(k.repo, scopes, auth, resp) && !renewed && !k.once && (auth != "" || !asked)
		if again {
			asked, renewed = true, auth != "" // the first request of all had none to renew
			_ = resp.Body.Close()
			continue
		}
		if slices.Contains(k.want, resp.StatusCode) {
			return resp, nil
		}
		return nil, answer(resp)
	}
}

// send makes the request by the scheme that the registry answers to. Where
// plain HTTP is allowed and nothing is known, HTTPS is tried first.
func (c *Client) send(ctx context.Context, h *host, k call, auth string) (*http.Response, error) {
	if scheme := h.current(); scheme != "" {
		resp, err := c.sendBy(ctx, scheme, k, auth)
		if err == nil {
			h.learn(resp, scheme)
		}
		return resp, err
	}
	resp, err := c.sendBy(ctx, "https", k, auth)
	if err == nil {
		h.learn(resp, "https")
		return resp, nil
	}
	if ctx.Err() != nil || distrusted(err) || headless(err) { // the last one has spoken TLS
		return nil, err
	}
	resp, plainErr := c.sendBy(ctx, "http", k, auth)
	switch {
	case plainErr == nil:
		h.learn(resp, "http")
	case errors.Is(err, http.ErrSchemeMismatch):
		return nil, plainErr // that it does not speak TLS is no news, and may not keep it from being tried again
	default:
		return nil, fmt.Errorf("%w; %w", plainErr, err)
	}
	return resp, nil
}

func (c *Client) sendBy(ctx context.Context, scheme string, k call, auth string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, k.method, k.url(scheme), nil)
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, k.header)
	if k.body != nil && k.size != 0 {
		req.Body, req.ContentLength = k.body(), k.size
		if !k.once {
			req.GetBody = func() (io.ReadCloser, error) { return k.body(), nil }
		}
	}
	sender := http.Client{Transport: signed{next: c.transport, scheme: scheme, host: k.repo.RegistryStr(), value: auth}}
	return sender.Do(req)
}

// url is where the call goes. A registry behind a proxy may name itself by the
// wrong scheme.
func (k call) url(scheme string) string {
	at := url.URL{Scheme: scheme, Host: k.repo.RegistryStr(), Path: "/v2/" + k.repo.RepositoryStr() + "/" + k.path, RawQuery: k.query.Encode()}
	if k.at != nil {
		at = *k.at
		if at.Host == k.repo.RegistryStr() {
			at.Scheme = scheme
		}
	}
	return at.String()
}
