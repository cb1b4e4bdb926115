package registry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// layerOfTrips is the size of the layer that goes over bad networks: several of the
// pieces that they let through.
const layerOfTrips = 20_000

// passable are networks over which all arrives, sooner or later.
func passable() [][]poison {
	const tiny, narrow = `"average_size": 64, "size_variation": 32, "delay": 0`, `"rate": 200`
	sets := [][]poison{
		{{"latency", "upstream", `"latency": 20, "jitter": 10`}, {"latency", "downstream", `"latency": 20, "jitter": 10`}},
		{{"slicer", "upstream", tiny}, {"bandwidth", "upstream", narrow}},
		{{"slicer", "downstream", tiny}, {"bandwidth", "downstream", narrow}},
		{{"slow_close", "upstream", `"delay": 200`}, {"slow_close", "downstream", `"delay": 200`}},
	}
	// Every connection ends after so many bytes, wherever that is, and the layer
	// needs several.
	for _, n := range []int{4000, 7001, 12_000, layerOfTrips} {
		most := fmt.Sprintf(`"bytes": %d`, n)
		up, down := poison{"limit_data", "upstream", most}, poison{"limit_data", "downstream", most}
		sets = append(sets, []poison{up}, []poison{down}, []poison{up, down})
	}
	return sets
}

// impassable are networks over which nothing arrives.
func impassable() [][]poison {
	return [][]poison{
		{{"limit_data", "upstream", `"bytes": 60`}},
		{{"limit_data", "downstream", `"bytes": 60`}},
		{{"reset_peer", "upstream", `"timeout": 0`}},
		{{"reset_peer", "downstream", `"timeout": 0`}},
		{{"reset_peer", "downstream", `"timeout": 50`}},
		{{"timeout", "upstream", `"timeout": 50`}},
		{{"timeout", "downstream", `"timeout": 50`}},
	}
}

// trip is an image on its way over a network, and the registries there and here.
type trip struct {
	way
	img       v1.Image
	bad, good *wire
	net       network
}

// newTrip opens the registries and puts the image where it begins.
func newTrip(t *testing.T, y way) *trip {
	t.Helper()
	at := &trip{way: y, img: single(t, layerOfTrips)}
	at.bad, at.good = listen(t, backends(t)["distribution"]()), listen(t, backends(t)["distribution"]())
	at.net = newNetwork(t, at.bad)
	for w, begins := range map[*wire]bool{at.good: y.from, at.bad: y.over} {
		if !begins {
			continue
		}
		if _, err := client(t).Push(t.Context(), at.img, w.addr+"/shop/orders:1"); err != nil {
			t.Fatal(err)
		}
	}
	return at
}

// travel makes the trip. No wait for the network to get better may take longer
// than it is told to.
func (at *trip) travel(ctx context.Context, c *registry.Client, limit time.Duration) error {
	begun := time.Now()
	err := at.do(ctx, c, at.img, at.net.Listen, at.good.addr)
	if took := time.Since(begun); took > limit {
		err = errors.Join(err, fmt.Errorf("it took %s", took))
	}
	return err
}

// cutShort says whether connections over the network end before the layer has
// passed.
func (at *trip) cutShort(p []poison) bool {
	goes := "upstream"
	if at.over {
		goes = "downstream"
	}
	return slices.ContainsFunc(p, func(p poison) bool { return p.kind == "limit_data" && p.stream == goes })
}

// sound looks at both registries, past the network and the client, for bytes that
// are not those of their digest, and when it has arrived for all of them.
func (at *trip) sound(ctx context.Context, arrived bool) error {
	return errors.Join(
		sound(ctx, at.bad, at.img, arrived || at.over),
		sound(ctx, at.good, at.img, at.from || arrived && at.back),
	)
}

// everyTrip takes every way over every network, many at a time: they wait most of
// the time.
func everyTrip(t *testing.T, over [][]poison, take func(ctx context.Context, at *trip, p []poison) error) {
	t.Helper()
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(16)
	for _, p := range over {
		for _, y := range ways() {
			at := newTrip(t, y)
			group.Go(func() error {
				if err := take(ctx, at, p); err != nil {
					return fmt.Errorf("%s, %+v: %w", y.name, p, err)
				}
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// Over a network that is slow, brings crumbs or ends every connection early, all
// arrives, and long before anybody's patience ends.
func TestBadNetworksArePassed(t *testing.T) {
	t.Parallel()
	everyTrip(t, passable(), func(ctx context.Context, at *trip, p []poison) error {
		if err := at.net.add(p...); err != nil {
			return err
		}
		events := &recorder{}
		c := clientWith(t, registry.Options{RetryFor: time.Minute, Progress: events})
		if err := at.travel(ctx, c, time.Minute/2); err != nil {
			return err
		}
		if at.cutShort(p) && len(events.of(progress.Warning)) == 0 {
			return errors.New("no connection ended too early")
		}
		return at.sound(ctx, true)
	})
}

// Where nothing comes through, it is the network's fault and told in time; what is
// there by then is right, and once the network is well the same client gets
// through.
func TestNetworksThatNothingPasses(t *testing.T) {
	t.Parallel()
	everyTrip(t, impassable(), func(ctx context.Context, at *trip, p []poison) error {
		const budget = time.Second
		if err := at.net.add(p...); err != nil {
			return err
		}
		c := clientWith(t, registry.Options{RetryFor: budget})
		switch err := at.travel(ctx, c, 10*budget); {
		case err == nil:
			return errors.New("it got through")
		case fault.SideOf(err) != fault.Infrastructure:
			return fmt.Errorf("side %v: %w", fault.SideOf(err), err)
		}
		if err := at.sound(ctx, false); err != nil {
			return err
		}
		at.net.heal(ctx)
		if err := at.travel(ctx, c, time.Minute/2); err != nil {
			return fmt.Errorf("once it is well: %w", err)
		}
		return at.sound(ctx, true)
	})
}

// outbreak makes a network bad when a request has a connection, and good again at
// the first sign of it.
type outbreak struct {
	net    network
	poison poison
	at     int32 // which request over it
	stalls bool  // nothing will tell of it: it is over when a request has been sent

	requests atomic.Int32
	begun    atomic.Bool
	failed   atomic.Value
	end      func()
}

// watch gives the context that requests are seen by.
func (o *outbreak) watch(ctx context.Context) context.Context {
	o.end = sync.OnceFunc(func() { o.net.heal(ctx) })
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			if info.Conn.RemoteAddr().String() != o.net.Listen || o.requests.Add(1) != o.at {
				return
			}
			if err := o.net.add(o.poison); err != nil {
				o.failed.Store(err)
			}
			o.begun.Store(true)
		},
		WroteRequest: func(httptrace.WroteRequestInfo) {
			if o.stalls && o.begun.Load() {
				o.end()
			}
		},
	})
}

var _ progress.Sink = (*outbreak)(nil)

// Emit takes the first warning as the sign.
func (o *outbreak) Emit(e progress.Event) {
	if e.Kind == progress.Warning && o.begun.Load() {
		o.end()
	}
}

// A network that stalls or ends all connections in the middle of things (new ones are
// reset), and gets well again, is passed. One that stalls for ever is in stall_test.go, where the
// minute that a client waits for it costs nothing.
func TestNetworksThatGetWell(t *testing.T) {
	t.Parallel()
	var over [][]poison
	for _, stream := range []string{"upstream", "downstream"} {
		over = append(over, []poison{{"timeout", stream, `"timeout": 0`}}, []poison{{"reset_peer", stream, `"timeout": 0`}})
	}
	for _, request := range []int32{1, 2, 3} {
		everyTrip(t, over, func(ctx context.Context, at *trip, p []poison) error {
			o := &outbreak{net: at.net, poison: p[0], at: request, stalls: p[0].kind == "timeout"}
			c := clientWith(t, registry.Options{RetryFor: time.Minute, Progress: o})
			if err := at.travel(o.watch(ctx), c, time.Minute/2); err != nil {
				return fmt.Errorf("request %d: %w", request, err)
			}
			if err, ok := o.failed.Load().(error); ok || !o.begun.Load() {
				return fmt.Errorf("of %d requests: nothing was poisoned: %w", o.requests.Load(), err)
			}
			return at.sound(ctx, true)
		})
	}
}
