package imagefs

import (
	"context"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/retort-ci/retort/pkg/engine"
)

// glance lists the directories that the paths themselves name and leaves it to
// the engine to follow the links on the way there, which saves the listing of
// every directory above. What is not found so stays open: it may be that links
// on the way need more care, and that nothing is there must be certain.
func (a *asker) glance(ctx context.Context) (open []int, err error) {
	dirs := map[string][]int{} // the questions in each
	for i, q := range a.questions {
		if plain(q.Path) {
			dir := path.Dir(clean(q.Path))
			dirs[dir] = append(dirs[dir], i)
		}
	}
	seen := make([]bool, len(a.questions))
	a.list(ctx, maps.Keys(dirs), func(dir string, entries []engine.FileEntry, _ error) { // stepwise looks again
		for _, i := range dirs[dir] {
			seen[i] = a.seen(ctx, i, entries)
		}
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i := range seen {
		if !seen[i] {
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
func (a *asker) seen(ctx context.Context, question int, dir []engine.FileEntry) bool {
	q := a.questions[question]
	at := clean(q.Path)
	i := slices.IndexFunc(dir, func(e engine.FileEntry) bool { return e.Name == path.Base(at) })
	if i < 0 {
		return false
	}
	e := dir[i]
	if e.Mode&fs.ModeSymlink != 0 && (q.Follow || q.Content) {
		return false
	}
	a.settle(ctx, question, at, nodeOf(e), e.Size)
	return true
}
