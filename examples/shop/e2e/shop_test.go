package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// deadline is how long an order may take to be billed.
const deadline = 10 * time.Second

// shop is the running shop under test.
type shop struct{ orders, billing string }

// open finds the shop. The suite's image names it; a plain "go test ./..." on
// a laptop has none to test.
func open(t *testing.T) shop {
	t.Helper()
	s := shop{orders: os.Getenv("ORDERS_URL"), billing: os.Getenv("BILLING_URL")}
	if s.orders == "" || s.billing == "" {
		t.Skip("ORDERS_URL and BILLING_URL do not say where the shop is")
	}
	return s
}

// send makes one request and gives the status and the JSON answer.
func send(ctx context.Context, method, url, body string) (status int, answer map[string]any, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	err = json.NewDecoder(res.Body).Decode(&answer)
	return res.StatusCode, answer, err
}

// order buys something and gives the order's ID.
func (s shop) order(ctx context.Context, item string, quantity, price int64) (string, error) {
	body := fmt.Sprintf(`{"item":%q,"quantity":%d,"price":%d}`, item, quantity, price)
	status, answer, err := send(ctx, http.MethodPost, s.orders+"/orders", body)
	if err != nil {
		return "", err
	}
	id, _ := answer["id"].(string)
	if status != http.StatusAccepted || id == "" {
		return "", fmt.Errorf("POST /orders %s answered %d %v, want 202 and an id", body, status, answer)
	}
	return id, nil
}

// billed waits for the bill of an order, and gives its total in cents.
func (s shop) billed(ctx context.Context, id string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		status, answer, err := send(ctx, http.MethodGet, s.billing+"/bills/"+id, "")
		switch {
		case err != nil:
			return 0, fmt.Errorf("wait for the bill of order %s: %w", id, err)
		case status == http.StatusOK:
			total, _ := answer["total"].(float64)
			return int64(total), nil
		case status != http.StatusNotFound:
			return 0, fmt.Errorf("GET /bills/%s answered %d %v", id, status, answer)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return 0, fmt.Errorf("order %s was not billed within %s", id, deadline)
		}
	}
}
