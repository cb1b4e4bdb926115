package imagefs_test

import (
	"context"
	"errors"
	"path"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/structure/internal/imagefs"
)

// lagging is an image whose directory /late is not listed before the file in
// another one was read.
type lagging struct {
	engine.Unpacked
	read chan struct{}
}

func (l lagging) ReadDir(ctx context.Context, dir string) ([]engine.FileEntry, error) {
	if dir == "/late" {
		select {
		case <-l.read:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return []engine.FileEntry{{Name: "file", Size: 2}}, nil
}

func (l lagging) ReadFile(_ context.Context, name string, _ int64) ([]byte, error) {
	if path.Dir(name) == "/early" {
		close(l.read)
	}
	return []byte("ok"), nil
}

// An engine unmounts the image when nothing is asked of it: contents are read
// while directories are still listed.
func TestAskReadsWhileItLists(t *testing.T) {
	t.Parallel()
	answers, err := imagefs.Ask(t.Context(), lagging{read: make(chan struct{})},
		[]imagefs.Question{{Path: "/early/file", Content: true}, {Path: "/late/file", Content: true}}, 10)
	if err != nil || string(answers[0].Content) != "ok" || string(answers[1].Content) != "ok" {
		t.Errorf("ask gave %+v, %v", answers, err)
	}
}

// broken is an image whose files cannot be read.
type broken struct{ lagging }

var errBroken = errors.New("broken")

func (broken) ReadFile(context.Context, string, int64) ([]byte, error) { return nil, errBroken }

// What hinders reading ends the listing too.
func TestAskOfABrokenImage(t *testing.T) {
	t.Parallel()
	_, err := imagefs.Ask(t.Context(), broken{lagging{read: make(chan struct{})}},
		[]imagefs.Question{{Path: "/early/file", Content: true}, {Path: "/late/file", Content: true}}, 10)
	if !errors.Is(err, errBroken) {
		t.Errorf("ask gave %v", err)
	}
}
