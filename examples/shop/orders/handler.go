package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/retort-ci/retort/examples/shop/internal/order"
	"github.com/retort-ci/retort/examples/shop/internal/service"
)

// maxBody is far more than any order needs, in bytes.
const maxBody = 64 << 10

type handler struct {
	topic   topic
	timeout time.Duration // for the broker to take an order
}

func newHandler(t topic, timeout time.Duration) http.Handler {
	h := handler{topic: t, timeout: timeout}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", h.post)
	mux.Handle("GET /healthz", service.HealthHandler(t.ping))
	return mux
}

func (h handler) post(w http.ResponseWriter, r *http.Request) {
	o, err := read(w, r)
	if err != nil {
		service.WriteError(w, http.StatusBadRequest, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.timeout)
	defer cancel()
	if err := h.topic.publish(ctx, o); err != nil {
		service.WriteError(w, http.StatusServiceUnavailable, err)
		return
	}
	service.WriteJSON(w, http.StatusAccepted, map[string]string{"id": o.ID})
}

// read takes the customer's order from the request and gives it an ID.
func read(w http.ResponseWriter, r *http.Request) (order.Order, error) {
	var asked struct {
		Item     string `json:"item"`
		Quantity int64  `json:"quantity"`
		Price    int64  `json:"price"`
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	body.DisallowUnknownFields() // a misspelt field would be billed as nothing
	if err := body.Decode(&asked); err != nil {
		return order.Order{}, fmt.Errorf("read the order: %w", err)
	}
	o := order.Order{ID: rand.Text(), Item: asked.Item, Quantity: asked.Quantity, Price: asked.Price}
	return o, o.Validate()
}
