package registry

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// PageType is the artifactType of a page and the media type of its layers: many
// records of a repository in one manifest, so that a long history is not a
// request per record. A page is a cache. What is on it also stands under a tag
// of its own, and a page that is missing, late or unreadable costs time alone.
// Who can write a page can write records: one is believed as the other is. Where
// tags cannot be moved, that is more than records alone would let them say: a page
// also tells of records that are there already.
const PageType = "application/vnd.retort.records.v1+json+gzip"

const (
	pagePrefix = "retort-page."
	// pageLines are the records in one layer.
	pageLines = 1024
	// maxPageInline is the size up to which the last layer stands in the manifest
	// as well: 1,000 records have a tenth of it.
	maxPageInline = 1 << 20
	// maxAhead is how far a clock may be ahead. A page from the far future would
	// otherwise be the newest for ever.
	maxAhead = time.Hour
)

// pageTag is a page's tag: retort-page.<time>.<8 hexadecimal digits>, with the
// time of the newest record on it.
type pageTag struct {
	time   time.Time
	random string
}

func (t pageTag) String() string {
	return pagePrefix + t.time.Format(recordLayout) + "." + t.random
}

// covers says whether a record ought to be on the page; none is when t is nil.
func (t *pageTag) covers(r recordTag) bool { return t != nil && !r.time.After(t.time) }

func parsePageTag(tag string) (pageTag, bool) {
	stamp, random, _ := strings.Cut(strings.TrimPrefix(tag, pagePrefix), "Z.")
	at, err := time.Parse(recordLayout, stamp+"Z")
	t := pageTag{time: at, random: random}
	return t, err == nil && isHex(random) && t.String() == tag
}

// newestPage is the newest page among the tags that is not from the future, nil
// when there is none.
func newestPage(tags []string, now time.Time) *pageTag {
	var newest *pageTag
	for _, tag := range tags {
		t, ok := parsePageTag(tag)
		if ok && t.time.Before(now.Add(maxAhead)) && (newest == nil || t.time.After(newest.time)) {
			newest = &t
		}
	}
	return newest
}

// pageLine is a record on a page.
type pageLine struct {
	Tag    string `json:"tag"` // its own
	Record Record `json:"record"`
}

// pageManifest makes the manifest of a page with the lines, and its blobs.
func pageManifest(lines []pageLine) (*manifest, []blob, error) {
	m := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: PageType,
		Config: describe(emptyType, []byte("{}"), nil),
	}
	blobs := []blob{data([]byte("{}"))}
	for chunk := range slices.Chunk(lines, pageLines) {
		packed, err := packLines(chunk)
		if err != nil {
			return nil, nil, err
		}
		desc := describe(PageType, packed, nil)
		desc.Data = nil
		if len(chunk)+len(m.Layers)*pageLines == len(lines) && len(packed) <= maxPageInline {
			desc.Data = packed
		}
		m.Layers, blobs = append(m.Layers, desc), append(blobs, data(packed))
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, nil, err
	}
	return newManifest(m.MediaType, raw), blobs, nil
}

func packLines(lines []pageLine) ([]byte, error) {
	var b bytes.Buffer
	packed := gzip.NewWriter(&b)
	if err := json.NewEncoder(packed).Encode(lines); err != nil {
		return nil, err
	}
	err := packed.Close()
	return b.Bytes(), err
}

// unpackLines reads a layer of a page. Lines that do not fit their tags are left
// out: the records are read where they stand.
func unpackLines(packed []byte) ([]pageLine, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack records: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxData+1))
	if err == nil && len(raw) > maxData {
		err = errors.New("they are too many")
	}
	var lines []pageLine
	if err == nil {
		err = json.Unmarshal(raw, &lines)
	}
	if err != nil {
		return nil, fmt.Errorf("unpack records: %w", err)
	}
	return slices.DeleteFunc(lines, func(l pageLine) bool {
		tag, ok := parseRecordTag(l.Tag)
		return !ok || l.Record.check() != nil || !tag.fits(l.Record)
	}), nil
}
