package retort

import (
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/state"
)

// promoted pushes a new image of the service and promotes it to the
// environment, at the given commit.
func (b *bench) promoted(t *testing.T, service, environment, at string) string {
	t.Helper()
	b.CI.Commit = at
	repository := b.service(service).Image
	digest := b.push(t, repository+":"+b.CI.CandidateTag())
	_, err := b.keep(t.Context(), func(r *state.Run) {
		r.Services[service] = state.Service{Image: imageID, Digest: digest, Refs: []string{repository + ":" + b.CI.CandidateTag()}}
	})
	if err != nil {
		t.Fatal(err)
	}
	result, err := b.Promote(t.Context(), PromoteOptions{Services: []string{service}, To: environment})
	if err != nil || result.Err() != nil {
		t.Fatal(err, result.Err())
	}
	return digest
}

func TestStatus(t *testing.T) {
	b := newBench(t, "billing", "orders")
	b.Project.Environments = []project.Environment{{Name: "staging", Tag: "staging"}, {Name: "production", Tag: "live"}}
	first := b.promoted(t, "orders", "staging", commit)
	moved := b.push(t, b.service("billing").Image+":live") // by other means

	list, err := b.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []Status{
		{Service: "billing", Environment: "staging"},
		{Service: "billing", Environment: "production", Digest: moved, Unrecorded: true},
		{Service: "orders", Environment: "staging", Digest: first, Commit: commit},
		{Service: "orders", Environment: "production"},
	}
	if len(list) != len(want) {
		t.Fatalf("status has %d lines, want %d", len(list), len(want))
	}
	for i, w := range want {
		got := list[i]
		if got.Service != w.Service || got.Environment != w.Environment || got.Digest != w.Digest || got.Unrecorded != w.Unrecorded || got.Commit != w.Commit {
			t.Errorf("line %d is %+v, want %+v", i, got, w)
		}
		if got.Since.IsZero() == (w.Commit != "") {
			t.Errorf("line %d is since %s", i, got.Since)
		}
	}
}

// An environment that cannot be asked does not hide the others.
func TestStatusInPart(t *testing.T) {
	b := newBench(t, "orders")
	b.Project.Environments = []project.Environment{
		{Name: "staging", Tag: "staging"},
		{Name: "away", Tag: "away", Repository: "127.0.0.1:1/away"},
	}
	digest := b.promoted(t, "orders", "staging", commit)
	list, err := b.Status(t.Context())
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("error is %v, want it to name the registry", err)
	}
	if len(list) != 2 || list[0].Digest != digest {
		t.Errorf("status is %+v, want staging in it", list)
	}
}

func TestHistory(t *testing.T) {
	b := newBench(t, "billing", "orders")
	b.Project.Environments = []project.Environment{{Name: "staging", Tag: "staging"}}
	first := b.promoted(t, "orders", "staging", commit)
	second := b.promoted(t, "billing", "staging", commit)
	third := b.promoted(t, "orders", "staging", other)

	for name, test := range map[string]struct {
		limit    int
		services []string
		want     []string
	}{
		"all, newest first": {want: []string{third, second, first}},
		"two":               {limit: 2, want: []string{third, second}},
		"of one service":    {services: []string{"orders"}, want: []string{third, first}},
	} {
		records, err := b.History(t.Context(), "staging", test.limit, test.services...)
		if err != nil {
			t.Fatal(err)
		}
		if got := digests(records); got != strings.Join(test.want, " ") {
			t.Errorf("%s: history is %s, want %s", name, got, test.want)
		}
	}
	records, err := b.History(t.Context(), "staging", 1, "orders")
	if err != nil {
		t.Fatal(err)
	}
	if r := records[0]; r.Previous != first || r.Commit != other || r.Project != "shop" || r.Service != "orders" {
		t.Errorf("the newest record is %+v", r)
	}
}

// Services may share a repository, under tags of their own.
func TestSharedRepository(t *testing.T) {
	b := newBench(t, "billing", "orders")
	b.Project.Environments = []project.Environment{{Name: "staging", Tag: "{{.Service}}-staging", Repository: b.addr + "/all"}}
	orders := b.promoted(t, "orders", "staging", commit)
	billing := b.promoted(t, "billing", "staging", commit)

	again, err := b.Promote(t.Context(), PromoteOptions{To: "staging"})
	if err != nil || again.Err() != nil {
		t.Fatal(err, again.Err())
	}
	for name, test := range map[string]struct {
		services []string
		want     string
	}{
		"all": {want: billing + " " + orders}, "orders": {[]string{"orders"}, orders}, "billing": {[]string{"billing"}, billing},
	} {
		records, err := b.History(t.Context(), "staging", 2, test.services...)
		if got := digests(records); err != nil || got != test.want {
			t.Errorf("history of %s is %s (%v), want %s", name, got, err, test.want)
		}
	}
	list, err := b.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{billing, orders} {
		if list[i].Digest != want || list[i].Unrecorded {
			t.Errorf("status of %s is %+v, want %s, as recorded", list[i].Service, list[i], want)
		}
	}
}

func digests(records []registry.Record) string {
	list := make([]string, len(records))
	for i, r := range records {
		list[i] = r.Digest
	}
	return strings.Join(list, " ")
}
