package registry_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/registry"
)

func TestHistory(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		repo := w.addr + "/shop/orders"
		digest := digestOf(t, pushed(t, c, repo+":1"))
		at := time.Date(2026, 11, 23, 1, 2, 3, 400, time.UTC)
		for i := range 3 {
			rec := registry.Record{
				Environment: "production", Service: "orders", Project: "shop", Action: registry.Promote,
				Digest: digest, Previous: digest, From: repo + "@" + digest, Actor: "ann",
				Build: fmt.Sprint("https://ci.example.com/", i), Commit: "abc", Time: at.Add(time.Duration(i)),
			}
			kept, err := c.AppendRecord(t.Context(), repo, rec)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(kept.Ref, repo+":retort.production.20261123T010203.00000040") {
				t.Errorf("kept as %s", kept.Ref)
			}
		}
		// Names of which one begins the other, and one that no tag can hold.
		for _, env := range []string{"prod", "production.eu", "Production", "staging/eu"} {
			if _, err := c.AppendRecord(t.Context(), repo, registry.Record{Environment: env, Action: registry.Rollback, Digest: digest}); err != nil {
				t.Fatal(err)
			}
		}
		records, err := c.History(t.Context(), repo, "production", 2)
		if err != nil || len(records) != 2 {
			t.Fatalf("%d records, %v", len(records), err)
		}
		for i, rec := range records { // newest first
			want := at.Add(time.Duration(2 - i))
			if !rec.Time.Equal(want) || rec.Build != fmt.Sprint("https://ci.example.com/", 2-i) || rec.Service != "orders" || rec.Digest != digest {
				t.Errorf("record %d is %+v", i, rec)
			}
		}
		for env, want := range map[string]int{"production": 3, "prod": 1, "production.eu": 1, "staging/eu": 1, "staging-eu": 0, "": 7} {
			records, err := c.History(t.Context(), repo, env, 0)
			if err != nil || len(records) != want {
				t.Errorf("environment %q: %d records, want %d, %v", env, len(records), want, err)
			}
		}
		artifacts, err := c.Referrers(t.Context(), repo+"@"+digest, registry.RecordType)
		if err != nil || len(artifacts) != 7 {
			t.Errorf("%d records refer to the digest, %v", len(artifacts), err)
		}
	})
}

func TestNoHistory(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		if records, err := c.History(t.Context(), w.addr+"/shop/orders", "production", 0); err != nil || len(records) != 0 {
			t.Errorf("no repository: %v, %v", records, err)
		}
		pushed(t, c, w.addr+"/shop/orders:1")
		if records, err := c.History(t.Context(), w.addr+"/shop/orders", "production", 0); err != nil || len(records) != 0 {
			t.Errorf("no records: %v, %v", records, err)
		}
	})
}

// Two promotions in the same nanosecond both stand.
func TestRecordsOfOneMomentAllStand(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		repo := w.addr + "/shop/orders"
		digest := digestOf(t, pushed(t, c, repo+":1"))
		at := time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC)
		const many = 6
		var group sync.WaitGroup
		for i := range many {
			group.Go(func() {
				rec := registry.Record{Environment: "production", Action: registry.Promote, Digest: digest, Time: at, Actor: fmt.Sprint(i)}
				if _, err := c.AppendRecord(t.Context(), repo, rec); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		records, err := c.History(t.Context(), repo, "production", 0)
		actors := map[string]bool{}
		for _, rec := range records {
			actors[rec.Actor] = true
		}
		if err != nil || len(actors) != many {
			t.Errorf("%d of %d stand, %v", len(actors), many, err)
		}
	})
}

func TestRecordsThatCannotBeReadAreTold(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		repo := w.addr + "/shop/orders"
		img := pushed(t, c, repo+":1")
		good, err := c.AppendRecord(t.Context(), repo, registry.Record{Environment: "production", Action: registry.Promote, Digest: digestOf(t, img)})
		if err != nil {
			t.Fatal(err)
		}
		// An image under a record's tag, and a record under another's.
		raw, err := img.RawManifest()
		if err != nil {
			t.Fatal(err)
		}
		foreign := repo + ":retort.production.20200101T000000.000000000Z.00000000"
		put(t, foreign, raw, types.DockerManifestSchema2)
		moved := "retort.production.20210101T000000.000000000Z.00000000"
		if _, err := c.Tag(t.Context(), good.Ref, moved); err != nil {
			t.Fatal(err)
		}
		records, err := c.History(t.Context(), repo, "production", 0)
		if len(records) != 1 || records[0].Ref != good.Ref {
			t.Errorf("records %+v", records)
		}
		several, ok := errors.AsType[*multierror.Error](err)
		if !ok || len(several.Errors) != 2 {
			t.Fatalf("error %v", err)
		}
		for _, want := range []string{foreign, moved} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s is not told in %v", want, err)
			}
		}
	})
}

// Registries list a tag a moment before it can be read.
func TestARecordThatIsOnItsWay(t *testing.T) {
	w := embedded(t)
	c := client(t)
	repo := w.addr + "/shop/orders"
	digest := digestOf(t, pushed(t, c, repo+":1"))
	var refs []string
	for range 2 {
		rec, err := c.AppendRecord(t.Context(), repo, registry.Record{Environment: "production", Action: registry.Promote, Digest: digest})
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, rec.Ref)
	}
	w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if !strings.HasSuffix(refs[1], strings.TrimPrefix(r.URL.Path, "/v2/shop/orders/manifests/")) {
			return false
		}
		rw.WriteHeader(http.StatusNotFound)
		return true
	})
	records, err := c.History(t.Context(), repo, "production", 0)
	if err != nil || len(records) != 1 || records[0].Ref != refs[0] {
		t.Errorf("records %+v, %v, want %s", records, err, refs[0])
	}
}

func TestAppendRecordRefuses(t *testing.T) {
	w := embedded(t)
	c := client(t)
	repo := w.addr + "/shop/orders"
	digest := digestOf(t, pushed(t, c, repo+":1"))
	for what, rec := range map[string]registry.Record{
		"no environment": {Action: registry.Promote, Digest: digest},
		"no action":      {Environment: "production", Digest: digest},
		"no digest":      {Environment: "production", Action: registry.Promote},
		"too long":       {Environment: "production", Action: registry.Promote, Digest: digest, Build: strings.Repeat("x", 65<<10)},
	} {
		if _, err := c.AppendRecord(t.Context(), repo, rec); err == nil {
			t.Errorf("%s: it was kept", what)
		}
	}
	missing := registry.Record{Environment: "production", Action: registry.Promote, Digest: "sha256:" + strings.Repeat("0", 64)}
	if _, err := c.AppendRecord(t.Context(), repo, missing); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("a digest that is not there: %v", err)
	}
	if records, err := c.History(t.Context(), repo, "", 0); err != nil || len(records) != 0 {
		t.Errorf("records %v, %v", records, err)
	}
}
