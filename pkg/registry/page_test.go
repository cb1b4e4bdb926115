package registry_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/registry"
)

// appended keeps n records of a digest, a second apart, from the year on.
func appended(t testing.TB, c *registry.Client, repo, digest string, n, year int) {
	t.Helper()
	at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		rec := registry.Record{
			Environment: "production", Service: "orders", Action: registry.Promote, Digest: digest,
			Build: fmt.Sprint("https://ci.example.com/", i), Time: at.Add(time.Duration(i) * time.Second),
		}
		if _, err := c.AppendRecord(t.Context(), repo, rec); err != nil {
			t.Fatal(err)
		}
	}
}

// whole fails the test unless the history is the n records of appended.
func whole(t *testing.T, c *registry.Client, repo string, n int) {
	t.Helper()
	records, err := c.History(t.Context(), repo, "production", 0)
	if err != nil || len(records) != n {
		t.Fatalf("%d records, want %d, %v", len(records), n, err)
	}
	for i, rec := range records {
		if rec.Build != fmt.Sprint("https://ci.example.com/", n-1-i) || rec.Service != "orders" || !strings.Contains(rec.Ref, repo+":retort.production.") {
			t.Fatalf("record %d of %d is %+v", i, n, rec)
		}
	}
}

// pages are the tags of pages in the repository.
func pages(t *testing.T, w *wire) []string {
	t.Helper()
	var found []string
	for _, request := range w.seen("PUT /v2/shop/orders/manifests/retort-page.") {
		found = append(found, strings.TrimPrefix(request, "PUT /v2/shop/orders/manifests/"))
	}
	return found
}

// A long history is a list, a page, and what has come since.
func TestALongHistoryIsReadByThePage(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		repo := w.addr + "/shop/orders"
		const many = 100
		appended(t, c, repo, digestOf(t, pushed(t, c, repo+":1")), many, 2026)
		if got := len(pages(t, w)); got < 3 || got > 5 {
			t.Errorf("%d pages were made of %d records", got, many)
		}
		within(t, "history", 40, 3, []*wire{w}, func(int) error {
			whole(t, client(t), repo, many)
			return nil
		})
		within(t, "the newest", 11, 2, []*wire{w}, func(int) error {
			_, err := client(t).History(t.Context(), repo, "production", 10)
			return err
		})
	})
}

// inMemory is a registry that takes many records in little time.
func inMemory(t *testing.T) *wire { return listen(t, backends(t)["with referrers"]()) }

// A page is a cache: whatever became of it, the history is whole.
func TestPagesThatCannotBeTrusted(t *testing.T) {
	t.Parallel()
	w := inMemory(t)
	c := client(t)
	repo := w.addr + "/shop/orders"
	img := pushed(t, c, repo+":1")
	const many = 70
	appended(t, c, repo, digestOf(t, img), many, 2026)
	made := pages(t, w)
	newest := made[len(made)-1]
	raw, err := img.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	page := func(tag string) string { return "/v2/shop/orders/manifests/" + tag }
	for what, answer := range map[string]func(http.ResponseWriter){
		"not there":     func(rw http.ResponseWriter) { rw.WriteHeader(http.StatusNotFound) },
		"an image":      func(rw http.ResponseWriter) { _, _ = rw.Write(raw) },
		"no layers":     func(rw http.ResponseWriter) { _, _ = rw.Write([]byte(`{"artifactType":"` + registry.PageType + `"}`)) },
		"no manifest":   func(rw http.ResponseWriter) { _, _ = rw.Write([]byte(`{`)) },
		"a lost layer":  func(rw http.ResponseWriter) { _, _ = rw.Write([]byte(lostLayer)) },
		"another layer": func(rw http.ResponseWriter) { _, _ = rw.Write([]byte(garbageLayer)) },
	} {
		w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			if r.Method != http.MethodGet || r.URL.Path != page(newest) {
				return false
			}
			rw.Header().Set("Content-Type", string(types.OCIManifestSchema1))
			answer(rw)
			return true
		})
		t.Log(what)
		whole(t, c, repo, many)
	}
	w.intercept(nil)

	// One that says it is from the future does not keep others from being made.
	if _, err := c.Tag(t.Context(), repo+":1", "retort-page.29990101T000000.000000000Z.00000000"); err != nil {
		t.Fatal(err)
	}
	appended(t, c, repo, digestOf(t, img), 40, 2027)
	if now := pages(t, w); len(now) <= len(made)+1 {
		t.Errorf("pages were %v, and are %v", made, now)
	}
}

const (
	layerOf   = `{"artifactType":"` + registry.PageType + `","layers":[{"mediaType":"` + registry.PageType + `","size":2,"digest":"`
	lostLayer = layerOf + zeros + `"}]}`
	// garbageLayer has the data {}, which is no gzip.
	garbageLayer = layerOf + `sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","data":"e30="}]}`
)

// A record that was taken away is not brought back by a page.
func TestAPageAddsNothing(t *testing.T) {
	t.Parallel()
	w := inMemory(t)
	c := client(t)
	repo := w.addr + "/shop/orders"
	const many = 100
	appended(t, c, repo, digestOf(t, pushed(t, c, repo+":1")), many, 2026)
	tags := w.seen("PUT /v2/shop/orders/manifests/retort.production.")
	gone := strings.TrimPrefix(tags[3], "PUT /v2/shop/orders/manifests/")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, "http://"+w.addr+"/v2/shop/orders/manifests/"+gone, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusAccepted {
		t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
	records, err := c.History(t.Context(), repo, "production", 0)
	if err != nil || len(records) != many-1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for _, rec := range records {
		if strings.HasSuffix(rec.Ref, gone) {
			t.Errorf("%s is still there", rec.Ref)
		}
	}
}

// A registry that has no room for a page still keeps records.
func TestRecordsAreKeptWithoutPages(t *testing.T) {
	t.Parallel()
	w := inMemory(t)
	c := client(t)
	repo := w.addr + "/shop/orders"
	digest := digestOf(t, pushed(t, c, repo+":1"))
	w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if strings.HasSuffix(r.URL.Path, "/tags/list") || strings.Contains(r.URL.Path, "/manifests/retort-page.") {
			rw.WriteHeader(http.StatusInsufficientStorage)
			return true
		}
		return false
	})
	appended(t, c, repo, digest, 50, 2026)
	w.intercept(nil)
	whole(t, c, repo, 50)
}
