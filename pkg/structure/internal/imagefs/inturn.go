package imagefs

import (
	"context"

	"github.com/retort-ci/retort/pkg/engine"
)

// inTurn lets so many requests be under way as its channel has room for.
type inTurn struct {
	engine.Unpacked
	turns chan struct{}
}

func (t inTurn) Stat(ctx context.Context, path string) (engine.FileEntry, error) {
	defer t.take()()
	return t.Unpacked.Stat(ctx, path)
}

func (t inTurn) ReadDir(ctx context.Context, dir string) ([]engine.FileEntry, error) {
	defer t.take()()
	return t.Unpacked.ReadDir(ctx, dir)
}

func (t inTurn) ReadFile(ctx context.Context, path string, size int64) ([]byte, error) {
	defer t.take()()
	return t.Unpacked.ReadFile(ctx, path, size)
}

// take waits for a turn: requests that are under way end when their context does.
func (t inTurn) take() (give func()) {
	t.turns <- struct{}{}
	return func() { <-t.turns }
}
