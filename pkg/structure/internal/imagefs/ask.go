package imagefs

import (
	"context"
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
	a := asker{image: image, questions: questions, answers: make([]Answer, len(questions)), limit: limit}
	open, err := a.glance(ctx)
	if err == nil && len(open) > 0 {
		err = a.stepwise(ctx, open)
	}
	if err == nil {
		err = a.read(ctx)
	}
	return a.answers, err
}

// asker finds where the questions lead, and reads the contents last.
type asker struct {
	image     engine.Unpacked
	questions []Question
	answers   []Answer
	limit     int64
	contents  []wantedContent
}

// wantedContent is what is still to be read.
type wantedContent struct {
	answer int
	path   string
	size   int64
}

// settle answers a question with what was found at a path.
func (a *asker) settle(question int, at string, n node, size int64) {
	answer := &a.answers[question]
	answer.Info = n.info(at)
	switch {
	case !a.questions[question].Content:
	case !n.mode.IsRegular():
		answer.Err = ErrNotRegular
	case size > a.limit:
		answer.Err = ErrTooLarge
	default:
		a.contents = append(a.contents, wantedContent{question, "/" + at, size})
	}
}

func (a *asker) read(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(asked)
	for _, c := range a.contents {
		g.Go(func() (err error) {
			a.answers[c.answer].Content, err = a.image.ReadFile(ctx, c.path, c.size)
			return err
		})
	}
	return g.Wait()
}

// listing is a directory's entries by name, and its node where it is in a tree.
type listing struct {
	at      int32
	entries []engine.FileEntry
	err     error
}

// list asks for directories by their paths, several at a time.
func (a *asker) list(ctx context.Context, dirs map[string]*listing) {
	var g errgroup.Group
	g.SetLimit(asked)
	for dir, l := range dirs {
		g.Go(func() error {
			l.entries, l.err = a.image.ReadDir(ctx, path.Join("/", dir))
			return nil
		})
	}
	_ = g.Wait()
}
