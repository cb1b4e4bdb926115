// Command broker speaks the Kafka protocol and keeps its topics in memory. It
// is franz-go's kfake in a container: it starts in milliseconds, where Kafka
// itself takes seconds.
//
// BROKER_LISTEN is the address to listen on. BROKER_ADVERTISED is the host and
// port that clients are told to come back to, Kafka's advertised.listeners.
// "broker healthy" is the container's health check.
package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/retort-ci/retort/examples/shop/internal/service"
)

func main() {
	listen := cmp.Or(os.Getenv("BROKER_LISTEN"), ":9092")
	advertised := cmp.Or(os.Getenv("BROKER_ADVERTISED"), "broker:9092")
	svc := service.Service{
		Name:    "broker",
		Serve:   func(ctx context.Context) error { return serve(ctx, listen, advertised) },
		Healthy: func(ctx context.Context) error { return healthy(ctx, listen) },
	}
	os.Exit(svc.Run(context.Background(), os.Args[1:], os.Stderr))
}

func serve(ctx context.Context, listen, advertised string) error {
	cluster, err := newCluster(ctx, listen, advertised)
	if err != nil {
		return err
	}
	defer cluster.Close()
	<-ctx.Done()
	return nil
}

// healthy asks the broker on this container's loopback for its metadata.
func healthy(ctx context.Context, listen string) error {
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("check health: %w", err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(net.JoinHostPort("127.0.0.1", port)))
	if err != nil {
		return fmt.Errorf("check health: %w", err)
	}
	defer client.Close()
	if err := client.Ping(ctx); err != nil {
		return fmt.Errorf("check health: %w", err)
	}
	return nil
}
