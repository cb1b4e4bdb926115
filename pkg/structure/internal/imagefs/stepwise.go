package imagefs

import (
	"context"
	"errors"
	"maps"

	"github.com/retort-ci/retort/pkg/engine"
)

// stepwise answers the open questions from the root down, directory by
// directory, as the kernel resolves a path. A tree takes the directories on the
// way, each listed once.
func (a *asker) stepwise(ctx context.Context, open []int) error {
	above, err := a.image.Stat(ctx, "/")
	if err != nil {
		return err
	}
	t := newTree()
	t.nodes[root], t.listed = nodeOf(above), map[int32]bool{}
	sizes := map[int32]int64{}
	for {
		dirs := a.unlisted(t, open)
		if len(dirs) == 0 {
			break
		}
		a.list(ctx, maps.Keys(dirs), func(dir string, entries []engine.FileEntry, err error) {
			dirs[dir].entries, dirs[dir].err = entries, err
		})
		for _, l := range dirs {
			if l.err != nil {
				return l.err
			}
			t.add(l, sizes)
		}
	}
	for _, i := range open {
		q := a.questions[i]
		at, err := t.resolve(q.Path, q.Follow || q.Content, 0)
		if err != nil {
			a.answers[i].Err = err
			continue
		}
		a.settle(ctx, i, at.path, t.nodes[at.at], sizes[at.at])
	}
	return nil
}

// unlisted are the directories that questions have come to.
func (a *asker) unlisted(t *tree, open []int) map[string]*listing {
	dirs := map[string]*listing{}
	for _, i := range open {
		q := a.questions[i]
		if at, err := t.resolve(q.Path, q.Follow || q.Content, 0); errors.Is(err, errUnread) {
			dirs[at.path] = &listing{at: at.at}
		}
	}
	return dirs
}

// add puts a directory's entries into the tree.
func (t *tree) add(l *listing, sizes map[int32]int64) {
	for _, e := range l.entries {
		child := t.child(l.at, e.Name)
		t.nodes[child], sizes[child] = nodeOf(e), e.Size
	}
	t.listed[l.at] = true
}

func nodeOf(e engine.FileEntry) node {
	return node{link: e.Link, uid: e.UID, gid: e.GID, mode: e.Mode, state: present}
}
