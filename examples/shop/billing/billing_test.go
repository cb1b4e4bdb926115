package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/retort-ci/retort/examples/shop/internal/order"
)

// start gives an inbox, the broker it reads from, and what it logs.
func start(t *testing.T) (inbox, *kfake.Cluster, *strings.Builder) {
	t.Helper()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, order.Topic))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	var logged strings.Builder
	in, err := subscribe(new(ledger), slog.New(slog.NewTextHandler(&logged, nil)), broker.ListenAddrs()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.client.Close)
	return in, broker, &logged
}

// publish writes each value as a record of its own, in order, to one partition.
func publish(t *testing.T, broker *kfake.Cluster, values ...string) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, v := range values {
		if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: order.Topic, Value: []byte(v)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// await polls until the order is billed. Its sign of trouble is the test's
// own time limit.
func await(t *testing.T, in inbox, id string) int64 {
	t.Helper()
	for t.Context().Err() == nil {
		if total, ok := in.bills.total(id); ok {
			return total
		}
		in.poll(t.Context())
	}
	t.Fatalf("order %s was not billed", id)
	return 0
}

func get(t *testing.T, h http.Handler, path string) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestOrderIsBilled(t *testing.T) {
	in, broker, _ := start(t)
	h := newHandler(in.bills, in.ping)
	if status, body := get(t, h, "/bills/a1"); status != http.StatusNotFound {
		t.Errorf("GET /bills/a1 = %d %s before the order, want 404", status, body)
	}
	publish(t, broker, `{"id":"a1","item":"tea","quantity":2,"price":350}`)
	await(t, in, "a1")
	if status, body := get(t, h, "/bills/a1"); status != http.StatusOK || body != `{"id":"a1","total":700}` {
		t.Errorf("GET /bills/a1 = %d %s, want 200 and a total of 700", status, body)
	}
}

func TestBadRecordIsPassedOver(t *testing.T) {
	in, broker, logged := start(t)
	publish(t, broker, "not an order", `{"id":"a1","item":"tea","quantity":-5,"price":1}`,
		`{"id":"a2","item":"tea","quantity":1,"price":90}`)
	if total := await(t, in, "a2"); total != 90 {
		t.Errorf("a2 costs %d, want 90", total)
	}
	if _, ok := in.bills.total("a1"); ok {
		t.Error("an order of -5 was billed")
	}
	if n := strings.Count(logged.String(), "passed over a record"); n != 2 {
		t.Errorf("logged %d bad records, want 2:\n%s", n, logged)
	}
}

func TestOrderDeliveredTwiceIsBilledOnce(t *testing.T) {
	in, broker, _ := start(t)
	again := `{"id":"a1","item":"tea","quantity":2,"price":350}`
	publish(t, broker, again, again, `{"id":"last","item":"tea","quantity":1,"price":1}`)
	await(t, in, "last")
	if total := await(t, in, "a1"); total != 700 {
		t.Errorf("a1 costs %d, want 700", total)
	}
}

// A new process has no ledger of its own and still knows the old bills.
func TestLedgerIsRebuilt(t *testing.T) {
	_, broker, _ := start(t)
	publish(t, broker, `{"id":"old","item":"tea","quantity":1,"price":42}`)
	for range 2 {
		in, err := subscribe(new(ledger), slog.New(slog.DiscardHandler), broker.ListenAddrs()...)
		if err != nil {
			t.Fatal(err)
		}
		if total := await(t, in, "old"); total != 42 {
			t.Errorf("old costs %d, want 42", total)
		}
		in.client.Close()
	}
}

func TestHealthFollowsTheBroker(t *testing.T) {
	in, broker, _ := start(t)
	h := newHandler(in.bills, in.ping)
	if status, body := get(t, h, "/healthz"); status != http.StatusOK {
		t.Errorf("GET /healthz = %d %s with a broker, want 200", status, body)
	}
	broker.Close()
	if status, body := get(t, h, "/healthz"); status != http.StatusServiceUnavailable {
		t.Errorf("GET /healthz = %d %s without a broker, want 503", status, body)
	}
}
