package main

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/retort-ci/retort/examples/shop/internal/order"
)

// topic is the Kafka topic of orders.
type topic struct{ client *kgo.Client }

// publish returns once the broker has the order, so that what was accepted is
// not lost, or when ctx ends.
func (t topic) publish(ctx context.Context, o order.Order) error {
	value, err := o.Encode()
	if err != nil {
		return err
	}
	// The client looks at ctx between its tries only, which is late when the
	// broker is gone: the customer's time is kept here.
	produced := make(chan error, 1)
	record := &kgo.Record{Topic: order.Topic, Key: []byte(o.ID), Value: value}
	t.client.Produce(ctx, record, func(_ *kgo.Record, err error) { produced <- err })
	select {
	case err = <-produced:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("publish order %s: %w", o.ID, err)
	}
	return nil
}

// ping fails unless a broker answers.
func (t topic) ping(ctx context.Context) error {
	if err := t.client.Ping(ctx); err != nil {
		return fmt.Errorf("ping the broker: %w", err)
	}
	return nil
}
