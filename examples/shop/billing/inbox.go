package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/retort-ci/retort/examples/shop/internal/order"
)

// inbox moves orders from Kafka to the ledger.
type inbox struct {
	client *kgo.Client
	bills  *ledger
	log    *slog.Logger
}

// subscribe reads the topic from its start and without a consumer group: the
// ledger is in memory, so each process needs every order.
func subscribe(bills *ledger, log *slog.Logger, brokers ...string) (inbox, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers...),
		kgo.ConsumeTopics(order.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.AllowAutoTopicCreation(),
		kgo.DisableClientMetrics(),               // sent once more on Close, which waits for a broker that is gone
		kgo.MetadataMinAge(100*time.Millisecond), // a topic just made is seen soon
	)
	if err != nil {
		return inbox{}, fmt.Errorf("make a Kafka client for %s: %w", strings.Join(brokers, ","), err)
	}
	return inbox{client: client, bills: bills, log: log}, nil
}

// run bills orders as they come, until ctx ends.
func (in inbox) run(ctx context.Context) {
	for ctx.Err() == nil {
		in.poll(ctx)
	}
}

// poll waits for the next orders and bills them. What cannot be read is told
// and passed over: one bad record must not hold up those behind it.
func (in inbox) poll(ctx context.Context) {
	fetched := in.client.PollFetches(ctx)
	if ctx.Err() != nil {
		return
	}
	fetched.EachError(func(topic string, partition int32, err error) {
		in.log.Error("cannot fetch orders", "topic", topic, "partition", partition, "error", err)
	})
	fetched.EachRecord(func(r *kgo.Record) {
		o, err := order.Decode(r.Value)
		if err != nil {
			in.log.Warn("passed over a record", "partition", r.Partition, "offset", r.Offset, "error", err)
			return
		}
		in.bills.add(o)
	})
}

// ping fails unless a broker answers.
func (in inbox) ping(ctx context.Context) error {
	if err := in.client.Ping(ctx); err != nil {
		return fmt.Errorf("ping the broker: %w", err)
	}
	return nil
}
