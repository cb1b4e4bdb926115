package main

import (
	"context"
	"net"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/retort-ci/retort/examples/shop/internal/order"
)

// freeAddress is a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

// dial gives a client for which the name broker is the address.
func dial(t *testing.T, address string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	opts = append(opts, kgo.SeedBrokers("broker:9092"), kgo.AllowAutoTopicCreation(),
		kgo.Dialer(func(ctx context.Context, network, host string) (net.Conn, error) {
			if host != "broker:9092" {
				t.Errorf("the client was sent to %s, want broker:9092", host)
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}))
	client, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestAdvertisesItsName(t *testing.T) {
	address := freeAddress(t)
	cluster, err := newCluster(t.Context(), address, "broker:9092")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client := dial(t, address)

	meta, err := kmsg.NewPtrMetadataRequest().RequestWith(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	if len(meta.Brokers) != 1 || meta.Brokers[0].Host != "broker" || meta.Brokers[0].Port != 9092 {
		t.Errorf("brokers are %+v, want one at broker:9092", meta.Brokers)
	}
	if len(meta.Topics) != 1 || *meta.Topics[0].Topic != order.Topic {
		t.Errorf("topics are %+v, want %s", meta.Topics, order.Topic)
	}
}

func TestCarriesRecords(t *testing.T) {
	for _, topic := range []string{order.Topic, "made-when-first-used"} {
		t.Run(topic, func(t *testing.T) {
			address := freeAddress(t)
			cluster, err := newCluster(t.Context(), address, "broker:9092")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(cluster.Close)
			producer := dial(t, address)
			if err := producer.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: []byte("tea")}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			consumer := dial(t, address, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
			fetched := consumer.PollFetches(t.Context())
			if err := fetched.Err(); err != nil {
				t.Fatal(err)
			}
			if r := fetched.Records(); len(r) != 1 || string(r[0].Value) != "tea" {
				t.Errorf("fetched %d records, want the one of tea", len(r))
			}
		})
	}
}

func TestHealthy(t *testing.T) {
	address := freeAddress(t)
	if err := healthy(t.Context(), address); err == nil {
		t.Error("healthy before the broker started")
	}
	cluster, err := newCluster(t.Context(), address, "broker:9092")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	if err := healthy(t.Context(), address); err != nil {
		t.Errorf("not healthy with the broker running: %v", err)
	}
}

func TestBadAddresses(t *testing.T) {
	if _, err := newCluster(t.Context(), "127.0.0.1:0", "broker"); err == nil {
		t.Error("started with an advertised name that has no port")
	}
	if _, err := newCluster(t.Context(), "nowhere", "broker:9092"); err == nil {
		t.Error("started on an address that has no port")
	}
}
