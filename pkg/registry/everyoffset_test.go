package registry_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/registry"
)

// cutPipe is a client's connection that a cutter may reset: what is behind the cut
// does not arrive, and nothing more does in either direction.
type cutPipe struct {
	net.Conn
	cutter *cutter
	reset  chan struct{} // closed by the cut
}

func (c *cutPipe) Write(p []byte) (int, error) {
	pass, reset := c.cutter.count(len(p), up)
	n, err := c.Conn.Write(p[:pass])
	return n, c.after(err, reset)
}

func (c *cutPipe) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	pass, reset := c.cutter.count(n, down)
	return pass, c.after(err, reset)
}

// after cuts, and is how the kernel tells of it ever after.
func (c *cutPipe) after(err error, reset bool) error {
	if reset {
		close(c.reset)
		_ = c.Close()
	}
	select {
	case <-c.reset:
		return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	default:
		return err
	}
}

// there and elsewhere are the addresses of a journey's registries.
const there, elsewhere = "127.0.0.1:5000", "127.0.0.1:5001"

// cutJourney pushes the image to a registry and copies it from there to another, over
// a connection that is reset once, and fails the test unless both have all of it then.
// It gives how many bytes went over the connection, down and up.
func cutJourney(t *testing.T, registries map[string]http.Handler, img v1.Image, c *cutter) [2]int64 {
	t.Helper()
	networks := map[string]*pipes{}
	for at, handler := range registries {
		networks[at] = servePipes(t, handler)
	}
	dial := func(ctx context.Context, _, addr string) (net.Conn, error) {
		conn, err := networks[addr].dial(ctx)
		if err == nil && addr == there {
			conn = &cutPipe{conn, c, make(chan struct{})}
		}
		return conn, err
	}
	// One connection at a time: of two, any might have the byte of that number.
	transport := &http.Transport{DialContext: dial, MaxConnsPerHost: 1}
	t.Cleanup(transport.CloseIdleConnections)
	client := clientWith(t, registry.Options{Transport: transport})
	name := fmt.Sprintf("/up-%t/at-%d:1", c.up, c.at)
	_, err := client.Push(t.Context(), img, there+name)
	if err == nil {
		_, err = client.Copy(t.Context(), there+name, elsewhere+name)
	}
	moved := [2]int64{c.total(down), c.total(up)}
	if err == nil {
		err = errors.Join(client.Whole(t.Context(), there+name), pull(t.Context(), client, img, elsewhere+name))
	}
	if err != nil {
		t.Errorf("cut at byte %d, up %t: %v", c.at, c.up, err)
	}
	return moved
}

// Wherever the connection is reset, what was to be done is done, and right: at each
// byte that goes to the registry or comes from it while a small image is pushed and
// copied from there, of requests and answers, headers and bodies, of config, layer
// and manifest. With -short it is one byte in 17, others every time. A
// layer of more than one packet, and the kernel's resets, are in reset_test.go.
func TestResetsAtEveryOffset(t *testing.T) {
	t.Parallel()
	const shards = 4 // run beside each other
	img, every := single(t, 50), int64(1)
	if testing.Short() {
		every = 17
	}
	first := rand.Int64N(every) // #nosec G404 -- what fails names its byte
	open := func(t *testing.T) map[string]http.Handler {
		// The first goes on with uploads. It is of outside of the bubble, for it
		// has goroutines that never end.
		return map[string]http.Handler{there: backends(t)["distribution"](), elsewhere: backends(t)["with referrers"]()}
	}
	var of [2]int64
	registries := open(t)
	synctest.Test(t, func(t *testing.T) { of = cutJourney(t, registries, img, &cutter{at: 1 << 40}) })
	for direction, of := range of {
		for shard := range int64(shards) {
			t.Run(fmt.Sprintf("%s %d", [...]string{"down", "up"}[direction], shard), func(t *testing.T) {
				t.Parallel()
				registries := open(t)
				for at := first + shard*every; at < of && !t.Failed(); at += shards * every {
					c := &cutter{up: direction == up, at: at}
					synctest.Test(t, func(t *testing.T) { cutJourney(t, registries, img, c) })
					if !c.cut {
						t.Errorf("byte %d of %d never came", at, of)
					}
				}
			})
		}
	}
}
