// Package e2e tests the shop from outside, as a customer sees it: what is
// ordered over REST is billed over REST, with Kafka in between.
package e2e

import (
	"net/http"
	"sync"
	"testing"
)

func TestOrderIsBilled(t *testing.T) {
	s := open(t)
	tests := []struct {
		item            string
		quantity, price int64
		want            int64
	}{
		{"one thing", 1, 350, 350},
		{"several of a thing", 12, 99, 1188},
		{"free sample", 1, 0, 0},
		{"crème brûlée ☕", 2, 725, 1450},
		{"largest order", 1_000_000, 100_000_000, 100_000_000_000_000},
	}
	for _, tt := range tests {
		t.Run(tt.item, func(t *testing.T) {
			id, err := s.order(t.Context(), tt.item, tt.quantity, tt.price)
			if err != nil {
				t.Fatal(err)
			}
			total, err := s.billed(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if total != tt.want {
				t.Errorf("%d × %d cents is billed at %d, want %d", tt.quantity, tt.price, total, tt.want)
			}
		})
	}
}

// Many customers at once: each gets an ID of their own and their own total.
func TestManyOrdersAtOnce(t *testing.T) {
	s := open(t)
	var customers sync.WaitGroup
	var seen sync.Map
	for n := range int64(50) {
		customers.Go(func() {
			id, err := s.order(t.Context(), "tea", n+1, 10)
			if err != nil {
				t.Error(err)
				return
			}
			if _, twice := seen.LoadOrStore(id, n); twice {
				t.Errorf("order ID %s was given twice", id)
			}
			if total, err := s.billed(t.Context(), id); err != nil || total != (n+1)*10 {
				t.Errorf("order %s is billed at %d (%v), want %d", id, total, err, (n+1)*10)
			}
		})
	}
	customers.Wait()
}

func TestBadOrderIsRefused(t *testing.T) {
	s := open(t)
	for _, body := range []string{"", "{}", `{"item":"tea","quantity":-1,"price":350}`} {
		status, answer, err := send(t.Context(), http.MethodPost, s.orders+"/orders", body)
		if err != nil || status != http.StatusBadRequest {
			t.Errorf("POST /orders %q answered %d %v (%v), want 400", body, status, answer, err)
		}
	}
}

func TestUnknownOrderHasNoBill(t *testing.T) {
	s := open(t)
	status, answer, err := send(t.Context(), http.MethodGet, s.billing+"/bills/nobody-ordered-this", "")
	if err != nil || status != http.StatusNotFound {
		t.Errorf("GET /bills of an unknown order answered %d %v (%v), want 404", status, answer, err)
	}
}

func TestServicesAreHealthy(t *testing.T) {
	s := open(t)
	for _, url := range []string{s.orders, s.billing} {
		if status, answer, err := send(t.Context(), http.MethodGet, url+"/healthz", ""); err != nil || status != http.StatusOK {
			t.Errorf("GET %s/healthz answered %d %v (%v), want 200", url, status, answer, err)
		}
	}
}
