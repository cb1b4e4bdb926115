// Command billing reads orders from Kafka and shows over REST what they cost.
//
//	GET /bills/{id} → 200 {"id": "…", "total": 700}, in cents, or 404
//	GET /healthz    → 200 while the broker answers
//
// "billing healthy" is the container's health check. LISTEN and BROKERS in the
// environment change the address and the brokers.
package main

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/retort-ci/retort/examples/shop/internal/service"
)

func main() {
	listen := cmp.Or(os.Getenv("LISTEN"), ":8080")
	brokers := cmp.Or(os.Getenv("BROKERS"), "broker:9092")
	svc := service.Service{
		Name:    "billing",
		Serve:   func(ctx context.Context) error { return serve(ctx, listen, strings.Split(brokers, ",")) },
		Healthy: func(ctx context.Context) error { return service.CheckHTTP(ctx, listen) },
	}
	os.Exit(svc.Run(context.Background(), os.Args[1:], os.Stderr))
}

func serve(ctx context.Context, listen string, brokers []string) error {
	bills := new(ledger)
	in, err := subscribe(bills, slog.New(slog.NewTextHandler(os.Stderr, nil)), brokers...)
	if err != nil {
		return err
	}
	defer in.client.Close()

	// Neither half is of use without the other: both end when one does.
	ctx, cancel := context.WithCancel(ctx)
	var consuming sync.WaitGroup
	consuming.Go(func() { in.run(ctx) })
	defer consuming.Wait()
	defer cancel()
	return service.ServeHTTP(ctx, listen, newHandler(bills, in.ping))
}
