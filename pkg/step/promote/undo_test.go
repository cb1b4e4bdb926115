package promote_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// before is a real registry that does something else before it brings a digest
// or points a tag; when that fails, so does the call.
type before struct {
	promote.Registry
	to string // end of repository@digest or repository:tag
	do func(ctx context.Context) error
}

func (b before) Stage(ctx context.Context, from, repository string, opts registry.StageOptions) (registry.Staged, error) {
	_, digest, _ := strings.Cut(from, "@")
	if strings.HasSuffix(repository+"@"+digest, b.to) {
		if err := b.do(ctx); err != nil {
			return registry.Staged{}, err
		}
	}
	return b.Registry.Stage(ctx, from, repository, opts)
}

func (b before) Point(ctx context.Context, staged registry.Staged, tag string) (registry.Copied, error) {
	if strings.HasSuffix(staged.Repository+":"+tag, b.to) {
		if err := b.do(ctx); err != nil {
			return registry.Copied{}, err
		}
	}
	return b.Registry.Point(ctx, staged, tag)
}

var errFull = errors.New("disk full at the registry")

// When one service cannot enter, those that did are put back, and the error
// says what became of each.
func TestUnitIsPutBack(t *testing.T) {
	p := open(t)
	old := []promote.Edge{p.edge(t, "orders"), p.edge(t, "billing")}
	run(t, p, nil, old...)
	edges := []promote.Edge{p.edge(t, "orders"), p.edge(t, "billing"), p.edge(t, "cart")}
	result, err := promote.Run(t.Context(), before{p, "billing:staging", func(context.Context) error { return errFull }},
		promote.Options{Edges: edges})
	if !errors.Is(err, errFull) || fault.SideOf(err) != fault.Infrastructure {
		t.Fatalf("error is %v on side %v", err, fault.SideOf(err))
	}
	for i, want := range []string{"put back to " + old[0].Digest(), "not moved", "moved, and has nothing to be put back to"} {
		if got := result.Moves[i].State(); got != want {
			t.Errorf("%s: %s, want %s", edges[i].Service, got, want)
		}
	}
	detail := strings.Join(fault.DetailOf(err), "\n")
	for _, want := range []string{"orders: put back to sha256:", "billing: not moved: disk full", "cart: moved, and has nothing"} {
		if !strings.Contains(detail, want) {
			t.Errorf("detail is %q, want %q in it", detail, want)
		}
	}
	for i, e := range old {
		if got := p.names(t, e.To()); got != e.Digest() {
			t.Errorf("%s names %s, want %s", e.To(), got, e.Digest())
		}
		if n := len(p.records(t, old[i])); n != 1 {
			t.Errorf("%s has %d records, want the first alone", e.Service, n)
		}
	}
}

// A name that someone else has moved is not moved back over them.
func TestSomeoneElse(t *testing.T) {
	p := open(t)
	first, second, third := p.edge(t, "orders"), p.edge(t, "orders"), p.edge(t, "orders")
	run(t, p, nil, first)
	meanwhile := func(ctx context.Context) error {
		_, err := p.Copy(ctx, third.From, third.To())
		return err
	}
	// While the blobs are copied.
	result, err := promote.Run(t.Context(), before{p, "@" + second.Digest(), meanwhile}, promote.Options{Edges: []promote.Edge{second}})
	if fault.SideOf(err) != fault.Policy || !strings.Contains(err.Error(), "moved meanwhile by someone else: it names "+third.Digest()) {
		t.Errorf("error is %v on side %v", err, fault.SideOf(err))
	}
	if result.Moves[0].Moved || p.names(t, first.To()) != third.Digest() {
		t.Errorf("moved %v, the environment has %s", result.Moves[0].Moved, p.names(t, first.To()))
	}
	if n := len(p.records(t, first)); n != 1 {
		t.Errorf("there are %d records, want the first alone", n)
	}
}

// A run that is called off in the middle of the names puts back all the same.
func TestPutBackOutlivesTheCaller(t *testing.T) {
	p := open(t)
	old := []promote.Edge{p.edge(t, "orders"), p.edge(t, "billing")}
	run(t, p, nil, old...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	moved := func() bool { return p.names(t, old[0].To()) != old[0].Digest() }
	stop := func(ctx context.Context) error {
		for !moved() && ctx.Err() == nil { // until the other one has moved
		}
		cancel()
		return ctx.Err()
	}
	edges := []promote.Edge{p.edge(t, "orders"), p.edge(t, "billing")}
	if _, err := promote.Run(ctx, before{p, "billing:staging", stop}, promote.Options{Edges: edges}); err == nil {
		t.Error("no error")
	}
	for _, e := range old {
		if got := p.names(t, e.To()); got != e.Digest() {
			t.Errorf("%s names %s, want %s", e.To(), got, e.Digest())
		}
	}
}
