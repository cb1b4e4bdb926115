package imagestore

import (
	"context"
	"sync"

	"github.com/containerd/containerd/v2/core/content"
)

// containerd's store lets one process alone write at a time: what is written under
// one reference by two of them becomes neither's. So each has references of its
// own, and what a killed one leaves is nothing that others go on with.

func (s *Store) own(ref string) string { return s.session + "/" + ref }

// Writer begins to write a blob, or finds that the store has it (ErrAlreadyExists).
// While this process writes it already, under the same reference, it waits: mostly
// the blob is there then.
func (s *Store) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	var given content.WriterOpts
	for _, opt := range opts {
		if err := opt(&given); err != nil {
			return nil, err
		}
	}
	if given.Ref == "" {
		return s.Store.Writer(ctx, opts...) // which refuses it
	}
	ref := s.own(given.Ref)
	release, err := s.writing.begin(ctx, ref)
	if err != nil {
		return nil, err
	}
	w, err := s.Store.Writer(ctx, append(opts, content.WithRef(ref))...)
	if err != nil {
		release()
		return nil, err
	}
	return writer{w, release}, nil
}

// Status is of a write of this process.
func (s *Store) Status(ctx context.Context, ref string) (content.Status, error) {
	return s.Store.Status(ctx, s.own(ref))
}

// Abort gives up a write of this process.
func (s *Store) Abort(ctx context.Context, ref string) error { return s.Store.Abort(ctx, s.own(ref)) }

// writer lets others go on when it has ended.
type writer struct {
	content.Writer
	release func()
}

// Close ends the writing, whether it was committed or not.
func (w writer) Close() error {
	defer w.release()
	return w.Writer.Close()
}

// turns lets one at a time have a reference.
type turns struct {
	mu    sync.Mutex
	taken map[string]chan struct{} // closed when it is given back
}

// begin waits for its turn, and gives the function that ends it.
func (t *turns) begin(ctx context.Context, ref string) (end func(), err error) {
	for {
		t.mu.Lock()
		other, taken := t.taken[ref]
		if !taken {
			done := make(chan struct{})
			if t.taken == nil {
				t.taken = map[string]chan struct{}{}
			}
			t.taken[ref] = done
			t.mu.Unlock()
			return sync.OnceFunc(func() {
				t.mu.Lock()
				defer t.mu.Unlock()
				delete(t.taken, ref)
				close(done)
			}), nil
		}
		t.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
