package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/progress"
)

const (
	// gatherAfter is how many records may stand on no page. They are all read at
	// once, beside the page.
	gatherAfter = 24
	// gatherLimit is how long a page may take to make.
	gatherLimit = 10 * time.Second
)

// gather makes a new page when enough records have come since the last one. It
// begins at once and gives the function that waits for its end, or ends it
// where the record that it was begun beside was not kept.
//
// Pages have tags of their own and are not changed, as records are not: writers
// of the same moment each make one, and registries that let no tag be moved are
// as good as others.
func (c *Client) gather(ctx context.Context, repo name.Repository) (end func(kept bool)) {
	quiet := *c
	quiet.sink, quiet.retryFor = progress.Discard, -1 // it is not worth waiting for
	ctx, cancel := context.WithTimeout(ctx, gatherLimit)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := quiet.addPage(ctx, repo); err != nil {
			c.log.Debug("no page of records was made", slog.String("repository", show(repo)), slog.Any("err", err))
		}
	}()
	return func(kept bool) {
		if !kept {
			cancel()
		}
		<-done
		cancel()
	}
}

// addPage lists the repository and makes a page if one is due.
func (c *Client) addPage(ctx context.Context, repo name.Repository) error {
	// Registries sort tags, as the specification wants, and so most of what is
	// not ours is not listed. Where one does not, the page lacks records.
	tags, err := c.tagsAfter(ctx, repo, "retort")
	if err != nil {
		return err
	}
	known, page := newest(tags, "", 0), newestPage(tags, time.Now())
	since := 0
	for _, tag := range known {
		if !page.covers(tag) {
			since++
		}
	}
	if since < gatherAfter {
		return nil
	}
	lines := c.page(ctx, repo, page)
	missing := slices.DeleteFunc(slices.Clone(known), func(t recordTag) bool {
		_, ok := lines[t.String()]
		return ok
	})
	read, err := c.records(ctx, repo, missing, nil)
	if len(read) == 0 {
		return err
	}
	return errors.Join(err, c.putPage(ctx, repo, known, lines, read))
}

// putPage writes what was on the page before, as far as its tags stand, and
// what was read now.
func (c *Client) putPage(ctx context.Context, repo name.Repository, known []recordTag, before map[string]Record, read []Record) error {
	at := time.Time{}
	for _, rec := range read {
		before[rec.Ref[strings.LastIndex(rec.Ref, ":")+1:]] = rec
	}
	lines := make([]pageLine, 0, len(before))
	for _, tag := range slices.Backward(known) { // the oldest first, so that full layers stay as they are
		if rec, ok := before[tag.String()]; ok {
			lines = append(lines, pageLine{Tag: tag.String(), Record: rec})
			at = tag.time
		}
	}
	m, blobs, err := pageManifest(lines)
	if err != nil {
		return err
	}
	if now := time.Now().UTC(); at.After(now) {
		at = now
	}
	ref, err := c.tag(repo, pageTag{time: at, random: newRecordTag("", at).random}.String())
	if err != nil {
		return err
	}
	return c.store(ctx, c.begin("gather records"), ref, m, blobs)
}

// page reads a page, empty when there is none that can be read: its records by
// their tags.
func (c *Client) page(ctx context.Context, repo name.Repository, page *pageTag) map[string]Record {
	found := map[string]Record{}
	if page == nil {
		return found
	}
	lines, err := c.readPage(ctx, repo, *page)
	if err != nil {
		c.log.Debug("a page of records is not used", slog.String("page", page.String()), slog.Any("err", err))
	}
	for _, l := range lines {
		found[l.Tag] = l.Record
	}
	return found
}

func (c *Client) readPage(ctx context.Context, repo name.Repository, page pageTag) ([]pageLine, error) {
	ref, err := c.tag(repo, page.String())
	if err != nil {
		return nil, err
	}
	m, err := c.get(ctx, ref)
	if err != nil {
		return nil, err
	}
	k, err := m.content()
	if err == nil && k.ArtifactType != PageType {
		err = fmt.Errorf("it is of type %q", k.ArtifactType)
	}
	if err != nil {
		return nil, err
	}
	parts := make([][]pageLine, len(k.Layers))
	group, ctx := errgroup.WithContext(ctx)
	for i, layer := range k.Layers {
		group.Go(func() error {
			packed, err := c.data(ctx, repo, layer)
			if err == nil {
				parts[i], err = unpackLines(packed)
			}
			return err
		})
	}
	err = group.Wait()
	return slices.Concat(parts...), err
}
