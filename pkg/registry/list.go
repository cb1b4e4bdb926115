package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

const (
	tagsPerPage = 1000     // ECR refuses more
	maxPage     = 16 << 20 // bytes of one page
	maxPages    = 10_000   // a registry whose pages never end
)

// errEndless is for a registry that always has another page.
var errEndless = errors.New("the list does not end")

// tags lists every tag of the repository.
func (c *Client) tags(ctx context.Context, repo name.Repository) ([]string, error) {
	return c.tagsAfter(ctx, repo, "")
}

// tagsAfter lists the tags that come after last in the registry's order: where
// that is not the alphabet's, who knows which.
func (c *Client) tagsAfter(ctx context.Context, repo name.Repository, last string) ([]string, error) {
	asked := attempt{doing: "list tags of", ref: repo, repo: repo, scope: transport.PullScope}
	k := call{
		method: http.MethodGet, repo: repo, path: "tags/list", query: url.Values{"n": {strconv.Itoa(tagsPerPage)}},
		scope: transport.PullScope, want: []int{http.StatusOK},
	}
	if last != "" {
		k.query.Set("last", last)
	}
	var all []string
	for range maxPages {
		var tags []string
		err := c.trying(ctx, asked, func() (err error) {
			tags, k.at, err = c.tagPage(ctx, k)
			return err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, tags...)
		if k.at == nil {
			return all, nil
		}
	}
	return nil, c.explain(asked, errEndless)
}

// tagPage gets one page and the address of the next, nil after the last.
func (c *Client) tagPage(ctx context.Context, k call) ([]string, *url.URL, error) {
	resp, err := c.do(ctx, k)
	if err != nil {
		return nil, k.at, err
	}
	defer func() { _ = resp.Body.Close() }()
	var list struct {
		Tags []string `json:"tags"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxPage)).Decode(&list); err != nil {
		return nil, k.at, fmt.Errorf("parse the list: %w", err)
	}
	next, err := nextPage(resp.Request.URL, resp.Header.Get("Link"))
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
	if *next == *page {
		return nil, errEndless
	}
	return next, nil
}
