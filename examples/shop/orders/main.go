// Command orders takes orders over REST and hands them on through Kafka.
//
//	POST /orders {"item": "tea", "quantity": 2, "price": 350} → 202 {"id": "…"}
//	GET  /healthz                                            → 200 while the broker answers
//
// "orders healthy" is the container's health check. LISTEN and BROKERS in the
// environment change the address and the brokers.
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/retort-ci/retort/examples/shop/internal/service"
)

func main() {
	listen := cmp.Or(os.Getenv("LISTEN"), ":8080")
	brokers := cmp.Or(os.Getenv("BROKERS"), "broker:9092")
	svc := service.Service{
		Name:    "orders",
		Serve:   func(ctx context.Context) error { return serve(ctx, listen, strings.Split(brokers, ",")) },
		Healthy: func(ctx context.Context) error { return service.CheckHTTP(ctx, listen) },
	}
	os.Exit(svc.Run(context.Background(), os.Args[1:], os.Stderr))
}

func serve(ctx context.Context, listen string, brokers []string) error {
	topic, err := dial(brokers...)
	if err != nil {
		return err
	}
	defer topic.client.Close()
	return service.ServeHTTP(ctx, listen, newHandler(topic, 5*time.Second))
}

// dial makes a producer; it connects when it is first used.
func dial(brokers ...string) (topic, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers...),
		kgo.AllowAutoTopicCreation(),
		// The record of a customer who was sent away is dropped, not kept for
		// when the broker is back. Its ID was given to nobody, so a record that
		// was written all the same does no harm.
		kgo.AllowIdempotentProduceCancellation(),
		kgo.DisableClientMetrics(), // sent once more on Close, which waits for a broker that is gone
	)
	if err != nil {
		return topic{}, fmt.Errorf("make a Kafka client for %s: %w", strings.Join(brokers, ","), err)
	}
	return topic{client}, nil
}
