// Package order is the message that the orders service writes to Kafka and the
// billing service reads: the contract between the two.
package order

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Topic is the Kafka topic that carries orders.
const Topic = "orders"

// The limits keep a total far from overflowing.
const (
	maxQuantity = 1_000_000
	maxPrice    = 100_000_000 // cents
)

// Order is one line that a customer bought.
type Order struct {
	ID       string `json:"id"`
	Item     string `json:"item"`
	Quantity int64  `json:"quantity"`
	Price    int64  `json:"price"` // of one item, in cents
}

// Validate says what is wrong with what the customer asked for. It leaves the
// ID alone, which is the shop's to give.
func (o Order) Validate() error {
	switch {
	case o.Item == "":
		return errors.New("item is missing")
	case o.Quantity < 1 || o.Quantity > maxQuantity:
		return fmt.Errorf("quantity %d is not between 1 and %d", o.Quantity, maxQuantity)
	case o.Price < 0 || o.Price > maxPrice:
		return fmt.Errorf("price %d is not between 0 and %d cents", o.Price, maxPrice)
	}
	return nil
}

// Total is what the order costs, in cents.
func (o Order) Total() int64 { return o.Quantity * o.Price }

// Encode gives the order as the value of a Kafka record.
func (o Order) Encode() ([]byte, error) {
	value, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode order %s: %w", o.ID, err)
	}
	return value, nil
}

// Decode reads the value of a Kafka record and refuses what no orders service
// would have written.
func Decode(value []byte) (Order, error) {
	var o Order
	if err := json.Unmarshal(value, &o); err != nil {
		return Order{}, fmt.Errorf("decode order: %w", err)
	}
	if o.ID == "" {
		return Order{}, errors.New("decode order: id is missing")
	}
	if err := o.Validate(); err != nil {
		return Order{}, fmt.Errorf("decode order %s: %w", o.ID, err)
	}
	return o, nil
}
