package registry_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/registry"
)

// paged answers lists of tags a page at a time, with the Link it is given.
func paged(pages [][]string, link func(page string) string) func(http.ResponseWriter, *http.Request, http.Handler) bool {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if !strings.HasSuffix(r.URL.Path, "/tags/list") {
			return false
		}
		at := 0
		if last := r.URL.Query().Get("last"); last != "" {
			at = int(last[0] - '0')
		}
		if at+1 < len(pages) {
			w.Header().Set("Link", link(r.URL.Path+"?last="+string(rune('1'+at))))
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"name": "shop/orders", "tags": pages[at]})
		return true
	}
}

func TestHistoryOverManyPages(t *testing.T) {
	w := embedded(t)
	c := client(t)
	repo := w.addr + "/shop/orders"
	digest := digestOf(t, pushed(t, c, repo+":1"))
	var pages [][]string
	for range 3 {
		rec, err := c.AppendRecord(t.Context(), repo, registry.Record{Environment: "production", Action: registry.Promote, Digest: digest})
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, []string{"1", strings.TrimPrefix(rec.Ref, repo+":")})
	}
	for what, link := range map[string]func(string) string{
		"relative": func(page string) string { return "<" + page + `>; rel="next"` },
		"absolute": func(page string) string { return "<http://" + w.addr + page + `>; rel="next"` },
	} {
		w.intercept(paged(pages, link))
		if records, err := c.History(t.Context(), repo, "production", 0); err != nil || len(records) != 3 {
			t.Errorf("%s: %d records, %v", what, len(records), err)
		}
	}
	for what, link := range map[string]func(string) string{
		"another host": func(page string) string { return "<http://registry.example.com" + page + `>; rel="next"` },
		"no link":      func(string) string { return "next" },
	} {
		w.intercept(paged(pages, link))
		if records, err := c.History(t.Context(), repo, "production", 0); err == nil {
			t.Errorf("%s: %d records", what, len(records))
		}
	}
}
