package main

import (
	"sync"

	"github.com/retort-ci/retort/examples/shop/internal/order"
)

// ledger holds the bills in memory. Kafka keeps the orders, so a new process
// writes it again by reading the topic from its start.
type ledger struct {
	mu     sync.RWMutex
	totals map[string]int64 // cents, by order ID
}

// add bills an order. Kafka may deliver one twice; it is billed once.
func (l *ledger) add(o order.Order) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.totals == nil {
		l.totals = map[string]int64{}
	}
	l.totals[o.ID] = o.Total()
}

// total is what the order costs in cents; false when there is no bill (yet).
func (l *ledger) total(id string) (int64, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	cents, ok := l.totals[id]
	return cents, ok
}
