package retort

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// Only what a key of ours signed about this digest, service, environment and
// repository vouches.
func TestVouched(t *testing.T) {
	b := newTested(t)
	signer, keys := newKey(t, "release.pub")
	stranger, _ := newKey(t, "other.pub")
	repository, digest, _ := cutDigest(b.image)
	edge := promote.Edge{Service: "orders", Environment: "staging", From: b.image, Repository: repository, Tag: "staging"}
	at := time.Unix(1700000000, 5).UTC()
	vouch := func(by *bundle.Signer, hours int, change func(*evidence.Summary)) {
		t.Helper()
		s := evidence.Summary{
			Subjects: []evidence.Subject{{Name: repository, Digest: digest}}, Verifier: "https://example.com",
			Time: at.Add(time.Duration(hours) * time.Hour), Resource: edge.To(), Policy: evidence.Document{URI: "urn:policy"}, Passed: true,
			Promotion: evidence.Promotion{Environment: edge.Environment, Service: edge.Service, Action: "promote"},
		}
		change(&s)
		statement, err := s.Statement()
		if err == nil {
			b.opts.Signer = by
			err = b.voucher(b.registry).Vouch(t.Context(), edge, statement)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	vouch(signer, 0, func(*evidence.Summary) {})
	vouch(stranger, 1, func(*evidence.Summary) {})
	vouch(signer, 2, func(s *evidence.Summary) { s.Promotion.Environment = "canary" })
	vouch(signer, 3, func(s *evidence.Summary) { s.Promotion.Service = "billing" })
	vouch(signer, 4, func(s *evidence.Summary) { s.Resource = repository + "2:staging" })
	vouch(signer, 5, func(s *evidence.Summary) { s.Passed = false })
	vouch(signer, 6, func(s *evidence.Summary) { s.Subjects[0].Digest = "sha256:" + strings.Repeat("1", 64) })

	times, others, err := b.vouched(t.Context(), "staging", "orders", b.image, keys)
	if err != nil || !slices.Equal(times, []time.Time{at}) {
		t.Errorf("vouched at %v, %v", times, err)
	}
	slices.Sort(others)
	if len(others) != 2 || others[0] != "it is about "+repository+"2:staging" || !strings.Contains(others[1], "by none of release.pub") {
		t.Errorf("others: %q", others)
	}
	b.opts.Signer = signer
	for since, want := range map[time.Time]bool{at: true, at.Add(-time.Hour): true, at.Add(time.Nanosecond): false} {
		if got, err := b.voucher(b.registry).Vouched(t.Context(), edge, since); got != want || err != nil {
			t.Errorf("vouched since %s: %v, %v", since, got, err)
		}
	}
	b.opts.Signer = nil
	if b.voucher(b.registry) != nil {
		t.Error("without a key there is a voucher")
	}
}
