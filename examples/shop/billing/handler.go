package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/retort-ci/retort/examples/shop/internal/service"
)

type bill struct {
	ID    string `json:"id"`
	Total int64  `json:"total"` // cents
}

func newHandler(bills *ledger, ping func(context.Context) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /bills/{id}", func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		total, ok := bills.total(id)
		if !ok {
			service.WriteError(w, http.StatusNotFound, fmt.Errorf("no bill for order %s", id))
			return
		}
		service.WriteJSON(w, http.StatusOK, bill{ID: id, Total: total})
	})
	mux.Handle("GET /healthz", service.HealthHandler(ping))
	return mux
}
