package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/hashicorp/go-multierror"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/progress"
)

// AppendRecord keeps the record in the repository that holds its digest, as an
// artifact whose subject is that digest, under a tag of its own, with its
// Statement as a second layer. It gives the record with Time and Ref set.
// Nothing that is there is changed.
func (c *Client) AppendRecord(ctx context.Context, repo string, rec Record) (Record, error) {
	repository, err := c.parseRepository(repo)
	if err != nil {
		return Record{}, err
	}
	if rec.Time.IsZero() {
		rec.Time = time.Now()
	}
	rec.Time = rec.Time.Round(0).UTC()
	data, err := encode(rec)
	if err != nil {
		return Record{}, fmt.Errorf("record of %s in %s: %w", rec.Digest, show(repository), err)
	}
	ref, err := c.tag(repository, newRecordTag(rec.Environment, rec.Time).String())
	if err != nil {
		return Record{}, err
	}
	artifact := Artifact{Type: RecordType, MediaType: RecordType, Data: data}
	if rec.Statement.MediaType != "" {
		artifact.Extra = []Blob{rec.Statement}
	}
	t := c.begin("record " + string(rec.Action) + " in " + show(repository))
	gathered := c.gather(ctx, repository)
	err = c.append(ctx, t, ref, rec.Digest, artifact)
	gathered(err == nil)
	t.end(progress.Done, err)
	rec.Ref = show(ref)
	return rec, err
}

// encode gives the record's JSON, if ParseRecord will take it.
func encode(rec Record) ([]byte, error) {
	data, err := json.Marshal(rec)
	if err != nil {
		return nil, err
	}
	_, err = ParseRecord(data)
	return data, err
}

// append sends the record's blobs while it asks what the record is about. The
// registry is not asked whether it has them: it cannot have a record that was
// made just now, and its config goes beside it in no more time.
func (c *Client) append(ctx context.Context, t *task, ref name.Reference, digest string, artifact Artifact) error {
	_, blobs, err := artifact.manifest(v1.Descriptor{})
	if err != nil {
		return err
	}
	for i := range blobs {
		blobs[i].fresh = true
	}
	var target v1.Descriptor
	group, within := errgroup.WithContext(ctx)
	group.Go(func() error { return c.depositAll(within, t, ref.Context(), blobs) })
	group.Go(func() (err error) {
		target, err = c.resolve(within, ref.Context().Digest(digest))
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	manifest, _, err := artifact.manifest(target)
	if err != nil {
		return err
	}
	return c.put(ctx, ref, manifest)
}

// History gives the environment's records in the repository (all environments'
// when env is empty), newest first, limit of them at most (all when it is not
// above zero). No repository means no records. Records that cannot be read are
// told in the error, one by one, beside those that can.
func (c *Client) History(ctx context.Context, repo, env string, limit int) ([]Record, error) {
	repository, err := c.parseRepository(repo)
	if err != nil {
		return nil, err
	}
	tags, err := c.tags(ctx, repository)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return c.records(ctx, repository, newest(tags, env, limit), newestPage(tags, time.Now()))
}

// newest picks the records' tags of the environment, newest first.
func newest(tags []string, env string, limit int) []recordTag {
	var found []recordTag
	for _, tag := range tags {
		if t, ok := parseRecordTag(tag); ok && (env == "" || t.env == envTag(env)) {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b recordTag) int { return b.compare(a) })
	if limit > 0 && len(found) > limit {
		found = found[:limit]
	}
	return found
}

// records reads the records under the tags, in their order. Those that are not
// on the page are read while it is, or, where it turns out to lack them, after.
func (c *Client) records(ctx context.Context, repo name.Repository, tags []recordTag, page *pageTag) ([]Record, error) {
	if len(tags) <= maxRequests {
		page = nil // one by one they take no longer
	}
	read := make([]Record, len(tags))
	errs := make([]error, len(tags))
	group := errgroup.Group{}
	group.SetLimit(maxRequests)
	one := func(i int) {
		group.Go(func() error {
			read[i], errs[i] = c.record(ctx, repo, tags[i])
			return nil
		})
	}
	paged := make(chan map[string]Record, 1)
	go func() { paged <- c.page(ctx, repo, page) }()
	var onPage []int
	for i, tag := range tags {
		if page.covers(tag) {
			onPage = append(onPage, i)
			continue
		}
		one(i)
	}
	lines := <-paged
	for _, i := range onPage {
		if rec, ok := lines[tags[i].String()]; ok {
			rec.Ref = show(repo) + ":" + tags[i].String()
			read[i] = rec
			continue
		}
		one(i)
	}
	_ = group.Wait()
	found, err := collect(read, errs)
	return slices.DeleteFunc(found, func(r Record) bool { return r.Ref == "" }), err
}

// record reads one record and holds it against its tag. Without an error it is
// the zero Record when nothing is there: registries list a tag a moment before
// it can be read, and it may have been deleted since it was listed.
func (c *Client) record(ctx context.Context, repo name.Repository, tag recordTag) (Record, error) {
	ref, err := c.tag(repo, tag.String())
	if err != nil {
		return Record{}, err
	}
	m, err := c.get(ctx, ref)
	if errors.Is(err, ErrNotFound) {
		return Record{}, nil
	}
	if err != nil {
		return Record{}, err
	}
	a, err := c.unpack(ctx, ref, m)
	if err != nil {
		return Record{}, c.explain(pulling("read record", ref), err)
	}
	rec, err := ParseRecord(a.Data)
	switch {
	case err != nil:
	case a.Type != RecordType:
		err = fmt.Errorf("it is of type %q", a.Type)
	case !tag.fits(rec):
		err = fmt.Errorf("it is of environment %s at %s", rec.Environment, rec.Time.Format(time.RFC3339Nano))
	}
	if err != nil {
		return Record{}, fmt.Errorf("record %s: %w", show(ref), err)
	}
	rec.Ref = show(ref)
	return rec, nil
}

// collect gives the values without an error, in order, and the errors.
func collect[T any](values []T, errs []error) ([]T, error) {
	var failed *multierror.Error
	kept := values[:0]
	for i, err := range errs {
		if err != nil {
			failed = multierror.Append(failed, err)
			continue
		}
		kept = append(kept, values[i])
	}
	return kept, failed.ErrorOrNil()
}
