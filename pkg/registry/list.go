package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

const (
	tagsPerPage = 1000     // ECR refuses more
	maxPage     = 16 << 20 // bytes of one page
	maxPages    = 10_000   // a registry whose pages never end
)

// tags lists every tag of the repository. The library's own lister takes a
// second page only from a registry whose scheme it has guessed, and guesses
// HTTP for every private address, HTTPS or not.
func (c *Client) tags(ctx context.Context, repo name.Repository) ([]string, error) {
	asked := attempt{doing: "list tags of", ref: repo, repo: repo, scope: transport.PullScope}
	client, err := c.session(ctx, repo)
	if err != nil {
		return nil, c.explain(asked, err)
	}
	// The session puts the scheme that the registry answers to.
	page := &url.URL{
		Scheme: "https", Host: repo.RegistryStr(),
		Path: "/v2/" + repo.RepositoryStr() + "/tags/list", RawQuery: fmt.Sprintf("n=%d", tagsPerPage),
	}
	var all []string
	for range maxPages {
		tags, next, err := tagPage(ctx, client, page)
		if err != nil {
			return nil, c.explain(asked, err)
		}
		all = append(all, tags...)
		if next == nil {
			return all, nil
		}
		page = next
	}
	return nil, c.explain(asked, errors.New("the list does not end"))
}

// session gives an HTTP client that has logged in to read the repository.
func (c *Client) session(ctx context.Context, repo name.Repository) (*http.Client, error) {
	auth, err := authn.Resolve(ctx, c.keychain, repo)
	if err != nil {
		return nil, err
	}
	retrying := transport.NewRetry(c.transport, transport.WithRetryBackoff(backoff()),
		transport.WithRetryPredicate(c.retry), transport.WithRetryStatusCodes(transientCodes()...))
	tripper, err := transport.NewWithContext(ctx, repo.Registry, auth,
		transport.NewUserAgent(retrying, c.agent), []string{repo.Scope(transport.PullScope)})
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: tripper}, nil
}

// tagPage gets one page and the address of the next, nil after the last.
func tagPage(ctx context.Context, client *http.Client, page *url.URL) ([]string, *url.URL, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page.String(), nil)
	if err != nil {
		return nil, nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := transport.CheckError(resp, http.StatusOK); err != nil {
		return nil, nil, err
	}
	var list struct {
		Tags []string `json:"tags"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxPage)).Decode(&list); err != nil {
		return nil, nil, fmt.Errorf("parse the list: %w", err)
	}
	next, err := nextPage(page, resp.Header.Get("Link"))
	return list.Tags, next, err
}

// nextPage reads a Link header (RFC 8288, as distribution-spec uses it). The
// next page must be of the same host: it is asked with the same credentials.
func nextPage(page *url.URL, link string) (*url.URL, error) {
	if link == "" {
		return nil, nil //nolint:nilnil // the last page has no next
	}
	target, _, found := strings.Cut(strings.TrimPrefix(strings.TrimSpace(link), "<"), ">")
	if !found {
		return nil, fmt.Errorf("next page %q is no link", link)
	}
	next, err := page.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("next page: %w", err)
	}
	if next.Host != page.Host {
		return nil, fmt.Errorf("next page is at another host, %s", next.Host)
	}
	next.Scheme = page.Scheme
	return next, nil
}
