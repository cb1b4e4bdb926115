package savedimage_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// entry is a member of a hand-written archive.
type entry struct {
	name, content, link string
	typ                 byte // a regular file when 0
}

func archive(tb testing.TB, entries ...entry) []byte {
	tb.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.typ, Linkname: e.link, Size: int64(len(e.content)), Mode: 0o644}
		if e.typ == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := w.WriteHeader(h); err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write([]byte(e.content)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

// layer is the tar of one file, as a layer holds it.
func layer(tb testing.TB, file, text string) string {
	tb.Helper()
	return string(archive(tb, entry{name: file, content: text}))
}

func sum(content string) string {
	h := sha256.Sum256([]byte(content))
	return hex.EncodeToString(h[:])
}

// config is an image config that names the diff IDs of the plain layers.
func config(tb testing.TB, plain ...string) string {
	tb.Helper()
	ids := []string{}
	for _, l := range plain {
		ids = append(ids, "sha256:"+sum(l))
	}
	return encode(tb, map[string]any{
		"os": "linux", "architecture": "amd64", "config": map[string]any{"Cmd": []string{"/a"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": ids},
	})
}

// manifest is the manifest.json of one image.
func manifest(tb testing.TB, config string, layers ...string) entry {
	tb.Helper()
	if layers == nil {
		layers = []string{}
	}
	return entry{name: "manifest.json", content: encode(tb, []any{map[string]any{"Config": config, "RepoTags": nil, "Layers": layers}})}
}

func encode(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// classic is the layout of Docker Image Specification v1.2, as Engine 20.10
// writes it: manifest.json last, a layer that occurs again as a link.
func classic(tb testing.TB) []entry {
	tb.Helper()
	a, b := layer(tb, "a", "first"), layer(tb, "b", "second")
	return []entry{
		{name: "cfg.json", content: config(tb, a, b, a)},
		{name: "1/", typ: tar.TypeDir},
		{name: "1/VERSION", content: "1.0"},
		{name: "1/layer.tar", content: a},
		{name: "2/layer.tar", content: b},
		{name: "3/layer.tar", typ: tar.TypeSymlink, link: "../1/layer.tar"},
		manifest(tb, "cfg.json", "1/layer.tar", "2/layer.tar", "3/layer.tar"),
		{name: "repositories", content: "{}"},
	}
}

// oci is the OCI layout with a manifest.json beside it, as engines with the
// containerd store write it: blobs stay compressed.
func oci(tb testing.TB, pack func(testing.TB, string) string) []entry {
	tb.Helper()
	a, b := layer(tb, "a", "first"), layer(tb, "b", "second")
	cfg, packed := config(tb, a, b), pack(tb, a)
	blob := func(content string) entry { return entry{name: "blobs/sha256/" + sum(content), content: content} }
	return []entry{
		blob(packed), blob(b), blob(cfg),
		{name: "index.json", content: `{"schemaVersion":2,"manifests":[]}`},
		{name: "oci-layout", content: `{"imageLayoutVersion":"1.0.0"}`},
		manifest(tb, blob(cfg).name, blob(packed).name, blob(b).name),
	}
}

func gzipped(tb testing.TB, plain string) string {
	tb.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write([]byte(plain)); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.String()
}

func zstandard(tb testing.TB, plain string) string {
	tb.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return string(w.EncodeAll([]byte(plain), nil))
}
