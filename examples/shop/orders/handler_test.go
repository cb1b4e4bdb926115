package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/retort-ci/retort/examples/shop/internal/order"
)

// start gives the service, and the broker it talks to.
func start(t *testing.T, timeout time.Duration) (http.Handler, *kfake.Cluster) {
	t.Helper()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, order.Topic))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	topic, err := dial(broker.ListenAddrs()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(topic.client.Close)
	return newHandler(topic, timeout), broker
}

func do(t *testing.T, h http.Handler, method, path, body string) (status int, answer map[string]string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s %s answered %q: %v", method, path, w.Body, err)
	}
	return w.Code, answer
}

// consume reads the first n orders of the topic.
func consume(t *testing.T, broker *kfake.Cluster, n int) []order.Order {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...), kgo.ConsumeTopics(order.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var got []order.Order
	for len(got) < n {
		fetched := client.PollFetches(t.Context())
		if err := fetched.Err(); err != nil {
			t.Fatal(err)
		}
		fetched.EachRecord(func(r *kgo.Record) {
			o, err := order.Decode(r.Value)
			if err != nil {
				t.Error(err)
			}
			got = append(got, o)
		})
	}
	return got
}

func TestPostPublishes(t *testing.T) {
	h, broker := start(t, 5*time.Second)
	status, answer := do(t, h, "POST", "/orders", `{"item":"tea","quantity":2,"price":350}`)
	if status != http.StatusAccepted {
		t.Fatalf("POST /orders = %d %v, want 202", status, answer)
	}
	want := order.Order{ID: answer["id"], Item: "tea", Quantity: 2, Price: 350}
	if got := consume(t, broker, 1); len(got) != 1 || got[0] != want {
		t.Errorf("the topic holds %+v, want one %+v", got, want)
	}
}

func TestPostGivesEachOrderAnID(t *testing.T) {
	h, broker := start(t, 5*time.Second)
	const n = 20
	ids := map[string]bool{}
	for range n {
		_, answer := do(t, h, "POST", "/orders", `{"item":"tea","quantity":1,"price":1}`)
		ids[answer["id"]] = true
	}
	for _, o := range consume(t, broker, n) {
		delete(ids, o.ID)
	}
	if len(ids) > 0 {
		t.Errorf("accepted but not published: %v", ids)
	}
}

func TestPostRefuses(t *testing.T) {
	h, _ := start(t, 5*time.Second)
	tests := []struct{ name, body, want string }{
		{"empty", "", "read the order"},
		{"not JSON", "tea, please", "read the order"},
		{"unknown field", `{"item":"tea","quantity":1,"prise":1}`, `unknown field "prise"`},
		{"fraction of a cent", `{"item":"tea","quantity":1,"price":1.5}`, "price"},
		{"an ID of its own", `{"id":"x","item":"tea","quantity":1,"price":1}`, `unknown field "id"`},
		{"no item", `{"quantity":1,"price":1}`, "item is missing"},
		{"nothing bought", `{"item":"tea","quantity":0,"price":1}`, "quantity 0"},
		{"too long", `{"item":"` + strings.Repeat("x", maxBody) + `"}`, "too large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := do(t, h, "POST", "/orders", tt.body)
			if status != http.StatusBadRequest || !strings.Contains(answer["error"], tt.want) {
				t.Errorf("POST /orders = %d %v, want 400 and an error about %q", status, answer, tt.want)
			}
		})
	}
}

// A broker that goes away makes the service unhealthy, and each order that it
// cannot take is refused in time: on the first produce and on a later one.
func TestBrokerAway(t *testing.T) {
	const body = `{"item":"tea","quantity":1,"price":1}`
	for _, before := range []int{0, 3} {
		t.Run(fmt.Sprintf("after %d orders", before), func(t *testing.T) {
			t.Parallel()
			h, broker := start(t, time.Second)
			for range before {
				if status, answer := do(t, h, "POST", "/orders", body); status != http.StatusAccepted {
					t.Errorf("POST /orders = %d %v with a broker, want 202", status, answer)
				}
			}
			if status, answer := do(t, h, "GET", "/healthz", ""); status != http.StatusOK {
				t.Errorf("GET /healthz = %d %v with a broker, want 200", status, answer)
			}
			broker.Close()
			if status, answer := do(t, h, "GET", "/healthz", ""); status != http.StatusServiceUnavailable {
				t.Errorf("GET /healthz = %d %v without a broker, want 503", status, answer)
			}
			if status, answer := do(t, h, "POST", "/orders", body); status != http.StatusServiceUnavailable {
				t.Errorf("POST /orders = %d %v without a broker, want 503", status, answer)
			}
		})
	}
}
