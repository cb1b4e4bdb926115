package imagefs

import (
	"context"
	"io/fs"
	"path"
	"slices"

	"github.com/retort-ci/retort/pkg/engine"
)

// glance lists the directories that the paths themselves name and leaves it to
// the engine to follow the links on the way there, which saves the listing of
// every directory above. What is not found so stays open: it may be that links
// on the way need more care, and that nothing is there must be certain.
func (a *asker) glance(ctx context.Context) (open []int, err error) {
	dirs := map[string]*listing{}
	for _, q := range a.questions {
		if plain(q.Path) {
			dirs[path.Dir(clean(q.Path))] = &listing{}
		}
	}
	a.list(ctx, dirs)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i, q := range a.questions {
		if !plain(q.Path) || !a.seen(i, dirs[path.Dir(clean(q.Path))]) {
			open = append(open, i)
		}
	}
	return open, nil
}

// plain is true of a path that has a directory and an entry in it, and no "..",
// which behind a link is not what the path's text says.
func plain(name string) bool {
	return clean(name) != "" && !slices.Contains(elements(name), "..")
}

// seen answers the question from the directory that its path names, if it can.
func (a *asker) seen(question int, dir *listing) bool {
	q := a.questions[question]
	at := clean(q.Path)
	i := slices.IndexFunc(dir.entries, func(e engine.FileEntry) bool { return e.Name == path.Base(at) })
	if i < 0 {
		return false
	}
	e := dir.entries[i]
	if e.Mode&fs.ModeSymlink != 0 && (q.Follow || q.Content) {
		return false
	}
	a.settle(question, at, nodeOf(e), e.Size)
	return true
}
