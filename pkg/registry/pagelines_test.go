package registry

import (
	"bytes"
	"compress/gzip"
	"reflect"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func line(at time.Time) pageLine {
	rec := Record{Environment: "production", Action: Promote, Digest: "sha256:" + strings.Repeat("0", 64), Time: at}
	return pageLine{Tag: newRecordTag(rec.Environment, at).String(), Record: rec}
}

// Full layers stay as they are when records are added, and only the last stands
// in the manifest.
func TestLayersOfPages(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var lines []pageLine
	for i := range 2*pageLines + 10 {
		lines = append(lines, line(at.Add(time.Duration(i)*time.Second)))
	}
	layers := func(n int) []v1.Descriptor {
		m, blobs, err := pageManifest(lines[:n])
		if err != nil {
			t.Fatal(err)
		}
		k, err := m.content()
		if err != nil || len(blobs) != len(k.Layers)+1 {
			t.Fatal(len(blobs), err)
		}
		return k.Layers
	}
	before, after := layers(2*pageLines+1), layers(len(lines))
	if len(after) != 3 || !reflect.DeepEqual(before[:2], after[:2]) || before[2].Digest == after[2].Digest {
		t.Errorf("layers were %+v, and are %+v", before, after)
	}
	for i, layer := range after {
		if inline := layer.Data != nil; inline != (i == 2) {
			t.Errorf("layer %d has %d bytes in the manifest", i, len(layer.Data))
		}
	}
	if one := layers(pageLines); len(one) != 1 || one[0].Data == nil {
		t.Errorf("one layer is %+v", one)
	}
}

func TestLinesThatDoNotFitTheirTags(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	good, later, other, bad := line(at), line(at), line(at), line(at)
	later.Record.Time = at.Add(1)
	other.Record.Environment = "staging"
	bad.Record.Digest = "sha256:00"
	packed, err := packLines([]pageLine{later, good, other, bad, {Tag: "1", Record: good.Record}})
	if err != nil {
		t.Fatal(err)
	}
	lines, err := unpackLines(packed)
	if err != nil || !reflect.DeepEqual(lines, []pageLine{good}) {
		t.Errorf("lines %+v, %v", lines, err)
	}
}

func TestPageTags(t *testing.T) {
	const good = "retort-page.20261123T010203.123456789Z.0a1b2c3d"
	for _, tag := range []string{
		"retort-page.20261123T010203.123456789Z.0a1b2c3", "retort-page.20261123T010203.1234Z.0a1b2c3d",
		"retort.production.20261123T010203.123456789Z.0a1b2c3d", "retort-page.", "20261123T010203.123456789Z.0a1b2c3d",
		strings.ToUpper(good), good + ".", "retort-page.20261323T010203.123456789Z.0a1b2c3d",
	} {
		if _, ok := parsePageTag(tag); ok {
			t.Errorf("%s was taken for a page's", tag)
		}
	}
	if _, ok := parseRecordTag(good); ok {
		t.Error("a page's tag was taken for a record's")
	}
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	older := "retort-page.20261122T010203.123456789Z.0a1b2c3d"
	if got := newestPage([]string{"1", older, good, "retort-page.20261124T010203.123456789Z.0a1b2c3d"}, now); got == nil || got.String() != good {
		t.Errorf("the newest is %v", got)
	}
	if got := newestPage([]string{"1"}, now); got != nil {
		t.Errorf("the newest of none is %v", got)
	}
}

// Whatever a page holds, its lines are records that fit their tags.
func FuzzUnpackLines(f *testing.F) {
	packed, err := packLines([]pageLine{line(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	for _, raw := range []string{"", "[]", "null", `[{"tag":"x"}]`, `{"tag":1}`} {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(raw))
		_ = w.Close()
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		lines, err := unpackLines(packed)
		for _, l := range lines {
			tag, ok := parseRecordTag(l.Tag)
			if err != nil || !ok || l.Record.check() != nil || !tag.fits(l.Record) {
				t.Errorf("line %+v, %v", l, err)
			}
		}
	})
}
