package main

import (
	"context"
	"fmt"
	"net"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/retort-ci/retort/examples/shop/internal/order"
)

// newCluster starts a broker with the shop's topic; others are made when a
// client first asks for them.
func newCluster(ctx context.Context, listen, advertised string) (*kfake.Cluster, error) {
	if _, _, err := net.SplitHostPort(advertised); err != nil {
		return nil, fmt.Errorf("read BROKER_ADVERTISED: %w", err)
	}
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.SeedTopics(3, order.Topic),
		kfake.AllowAutoTopicCreation(),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) {
			ln, err := new(net.ListenConfig).Listen(ctx, network, listen)
			return advertisedListener{ln, hostPort(advertised)}, err
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("start the broker: %w", err)
	}
	return cluster, nil
}

// advertisedListener claims another address than the one it listens on. kfake
// sends its clients to what the listener calls its address, and its own choice
// of 127.0.0.1 is no use to another container.
type advertisedListener struct {
	net.Listener
	addr net.Addr
}

// Addr is the address that clients shall come back to.
func (l advertisedListener) Addr() net.Addr { return l.addr }

// hostPort is a TCP address with a name that is not resolved here.
type hostPort string

// Network names the kind of address.
func (hostPort) Network() string { return "tcp" }

func (a hostPort) String() string { return string(a) }
