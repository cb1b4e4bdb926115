package imagefs

import (
	"context"
	"iter"
	"path"

	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
)

// asked is how many requests to an engine are under way at a time. An engine
// mounts the image for each, unless another holds it mounted; with dozens at
// once, BuildKit's wait for each other and give up.
const asked = 8

// Ask answers questions, in their order, from an image that an engine has
// unpacked. Contents of more than limit bytes are not read. Info.Path of what
// was found at first glance is as it was asked for.
func Ask(ctx context.Context, image engine.Unpacked, questions []Question, limit int64) ([]Answer, error) {
	g, ctx := errgroup.WithContext(ctx)
	a := asker{
		image: inTurn{image, make(chan struct{}, asked)}, questions: questions,
		answers: make([]Answer, len(questions)), limit: limit, under: g,
	}
	g.Go(func() error {
		open, err := a.glance(ctx)
		if err != nil || len(open) == 0 {
			return err
		}
		return a.stepwise(ctx, open)
	})
	return a.answers, g.Wait()
}

// asker finds where the questions lead. A content is read as soon as it is found:
// while one request is under way, the image stays mounted for the next.
type asker struct {
	image     engine.Unpacked
	questions []Question
	answers   []Answer
	limit     int64
	under     *errgroup.Group // what reads contents, and what finds them
}

// settle answers a question with what was found at a path.
func (a *asker) settle(ctx context.Context, question int, at string, n node, size int64) {
	answer := &a.answers[question]
	answer.Info = n.info(at)
	switch {
	case !a.questions[question].Content:
	case !n.mode.IsRegular():
		answer.Err = ErrNotRegular
	case size > a.limit:
		answer.Err = ErrTooLarge
	default:
		a.under.Go(func() (err error) {
			answer.Content, err = a.image.ReadFile(ctx, "/"+at, size)
			return err
		})
	}
}

// listing is a directory's entries by name, and its node where it is in a tree.
type listing struct {
	at      int32
	entries []engine.FileEntry
	err     error
}

// list asks for directories, several at a time, and hands on what is in each as
// soon as it is known.
func (a *asker) list(ctx context.Context, dirs iter.Seq[string], then func(dir string, entries []engine.FileEntry, err error)) {
	var g errgroup.Group
	for dir := range dirs {
		g.Go(func() error {
			entries, err := a.image.ReadDir(ctx, path.Join("/", dir))
			then(dir, entries, err)
			return nil
		})
	}
	_ = g.Wait()
}
