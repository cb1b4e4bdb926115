package imagefs_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/structure/internal/imagefs"
)

// entry is a line of a layer: its kind, name, and content or target.
type entry struct {
	kind       byte
	name, text string
}

func file(name, text string) entry      { return entry{tar.TypeReg, name, text} }
func dir(name string) entry             { return entry{tar.TypeDir, name, ""} }
func symlink(name, target string) entry { return entry{tar.TypeSymlink, name, target} }
func hard(name, target string) entry    { return entry{tar.TypeLink, name, target} }

type layer []entry

func (l layer) tar(tb testing.TB) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range l {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: 0o755, Format: tar.FormatPAX}
		switch e.kind {
		case tar.TypeReg:
			h.Size, h.Mode = int64(len(e.text)), 0o644
		case tar.TypeSymlink, tar.TypeLink:
			h.Linkname = e.text
		}
		if err := w.WriteHeader(h); err != nil {
			tb.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(e.text)); err != nil {
				tb.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// image makes one of layers, base first.
func image(tb testing.TB, layers ...layer) v1.Image {
	tb.Helper()
	var made []v1.Layer
	for _, l := range layers {
		made = append(made, static.NewLayer(l.tar(tb), types.OCIUncompressedLayer))
	}
	img, err := mutate.AppendLayers(empty.Image, made...)
	if err != nil {
		tb.Fatal(err)
	}
	return img
}

// look tells in one word what is at a path: its kind, its content when it is a
// file, or why there is none.
func look(tb testing.TB, img v1.Image, q imagefs.Question) string {
	tb.Helper()
	answers, err := imagefs.Lookup(tb.Context(), img, []imagefs.Question{q}, 1<<10)
	if err != nil {
		tb.Fatal(err)
	}
	return say(answers[0])
}

func say(a imagefs.Answer) string {
	switch {
	case errors.Is(a.Err, fs.ErrNotExist):
		return "absent"
	case a.Err != nil:
		return a.Err.Error()
	case a.Mode.IsDir():
		return "dir " + a.Path
	case a.Mode&fs.ModeSymlink != 0:
		return "symlink " + a.Link
	case a.Mode.IsRegular():
		return "file " + a.Path + " " + string(a.Content)
	}
	return a.Mode.String() + " " + a.Path
}

func TestLookup(t *testing.T) {
	deep := "/" + strings.Repeat("d/", 100) + "f"
	loop := layer{symlink("a", "b"), symlink("b", "a")}
	for _, tt := range []struct {
		name   string
		layers []layer
		path   string
		want   string // of content
		lstat  string // without following, where it differs
	}{
		{"a file", []layer{{dir("etc"), file("etc/f", "1")}}, "/etc/f", "file /etc/f 1", ""},
		{"a relative path", []layer{{file("etc/f", "1")}}, "etc/f", "file /etc/f 1", ""},
		{"a path with dots", []layer{{dir("etc"), file("f", "1")}}, "/./etc/../../f", "file /f 1", ""},
		{"names with a dot in front", []layer{{dir("./"), dir("./etc/"), file("./etc/f", "1")}}, "/etc/f", "file /etc/f 1", ""},
		{"names that lead out", []layer{{file("../../etc/f", "1")}}, "/etc/f", "file /etc/f 1", ""},
		{"no such file", []layer{{dir("etc")}}, "/etc/f", "absent", ""},
		{"below a file", []layer{{file("f", "1")}}, "/f/g", "absent", ""},
		{"deep", []layer{{file(deep, "1")}}, deep, "file " + deep + " 1", ""},
		{"the later of two entries", []layer{{file("f", "1"), file("f", "2")}}, "/f", "file /f 2", ""},
		{"no layers", nil, "/f", "absent", ""},

		{"the upper layer counts", []layer{{file("f", "1")}, {file("f", "2")}}, "/f", "file /f 2", ""},
		{"an untouched file below", []layer{{file("a/f", "1")}, {file("a/g", "2")}}, "/a/f", "file /a/f 1", ""},
		{"whiteout", []layer{{file("a/f", "1")}, {file("a/.wh.f", "")}}, "/a/f", "absent", ""},
		{"whiteout of a directory", []layer{{file("a/b/f", "1")}, {file(".wh.a", "")}}, "/a/b/f", "absent", ""},
		{"whiteout spares upper layers", []layer{{file("f", "1")}, {file(".wh.f", "")}, {file("f", "3")}}, "/f", "file /f 3", ""},
		{"whiteout spares its own layer", []layer{{file("f", "1")}, {file("f", "2"), file(".wh.f", "")}}, "/f", "file /f 2", ""},
		{"whiteout, and made anew above", []layer{{file("a/f", "1")}, {file(".wh.a", "")}, {file("a/g", "3")}}, "/a/f", "absent", ""},
		{"whiteout of what was never there", []layer{{file("g", "1")}, {file(".wh.f", "")}}, "/f", "absent", ""},
		{"whiteout is no file", []layer{{file(".wh.f", "")}}, "/.wh.f", "absent", ""},
		{"opaque", []layer{{file("a/f", "1")}, {dir("a"), file("a/.wh..wh..opq", ""), file("a/g", "2")}}, "/a/f", "absent", ""},
		{"opaque, deep below", []layer{{file("a/b/f", "1")}, {file("a/.wh..wh..opq", "")}}, "/a/b/f", "absent", ""},
		{"opaque keeps its own layer", []layer{{file("a/f", "1")}, {file("a/g", "2"), file("a/.wh..wh..opq", "")}}, "/a/g", "file /a/g 2", ""},
		{"bookkeeping of aufs", []layer{{file("plnk", "1")}, {dir(".wh..wh.plnk")}}, "/plnk", "file /plnk 1", ""},
		{"a file over a directory", []layer{{file("a/f", "1")}, {file("a", "2")}}, "/a/f", "absent", ""},
		{"a directory over a file", []layer{{file("a", "1")}, {file("a/f", "2")}}, "/a/f", "file /a/f 2", ""},
		{"a file between directories", []layer{{file("a/f", "1")}, {file("a", "2")}, {file("a/g", "3")}}, "/a/f", "absent", ""},
		{"a directory over a link", []layer{{file("usr/f", "1"), symlink("a", "usr")}, {file("a/g", "2")}}, "/a/f", "absent", ""},

		{"symlink", []layer{{file("f", "1"), symlink("l", "f")}}, "/l", "file /f 1", "symlink f"},
		{"symlink, absolute", []layer{{file("a/f", "1"), symlink("b/l", "/a/f")}}, "/b/l", "file /a/f 1", "symlink /a/f"},
		{"symlink out of the root", []layer{{file("f", "1"), symlink("a/l", "../../../f")}}, "/a/l", "file /f 1", "symlink ../../../f"},
		{"symlink to a directory on the way", []layer{{file("usr/bin/f", "1"), symlink("bin", "usr/bin")}}, "/bin/f", "file /usr/bin/f 1", ""},
		{"symlink to below", []layer{{file("f", "1")}, {symlink("l", "f")}}, "/l", "file /f 1", "symlink f"},
		{"symlink to above", []layer{{symlink("l", "f")}, {file("f", "2")}}, "/l", "file /f 2", "symlink f"},
		{"parent of a link's target", []layer{{file("a/f", "1"), dir("a/b"), symlink("l", "a/b")}}, "/l/../f", "file /a/f 1", ""},
		{"symlink to nothing", []layer{{symlink("l", "gone")}}, "/l", "absent", "symlink gone"},
		{"symlinks in a ring", []layer{loop}, "/a", "too many levels of symbolic links", "symlink b"},
		{"below a ring", []layer{loop}, "/a/f", "too many levels of symbolic links", ""},

		{"hard link", []layer{{file("f", "1"), hard("l", "f")}}, "/l", "file /l 1", ""},
		{"hard link to a hard link", []layer{{file("f", "1"), hard("k", "./f"), hard("l", "/k")}}, "/l", "file /l 1", ""},
		{"hard link to what was replaced", []layer{{file("f", "1"), hard("l", "f")}, {file("f", "2")}}, "/l", "file /l 1", ""},
		{"hard link to what was removed", []layer{{file("f", "1"), hard("l", "f")}, {file(".wh.f", "")}}, "/l", "file /l 1", ""},
		{"hard link to nothing", []layer{{hard("l", "gone")}}, "/l", "hard link to a file that is not in the layer", "file /l "},
		{"hard links in a ring", []layer{{hard("a", "b"), hard("b", "a")}}, "/a", "too many levels of symbolic links", "file /a "},

		{"a directory has no content", []layer{{dir("a")}}, "/a", "not a regular file", "dir /a"},
		{"the root", []layer{{file("f", "1")}}, "/", "not a regular file", "dir /"},
		{"a device", []layer{{{tar.TypeChar, "dev/null", ""}}}, "/dev/null", "not a regular file", "Dcrwxr-xr-x /dev/null"},
		{"a pipe", []layer{{{tar.TypeFifo, "p", ""}}}, "/p", "not a regular file", "prwxr-xr-x /p"},
		{"too large", []layer{{file("f", strings.Repeat("x", 1025))}}, "/f", "file is too large", "file /f "},
		{"just small enough", []layer{{file("f", strings.Repeat("x", 1024))}}, "/f", "file /f " + strings.Repeat("x", 1024), "file /f "},
		{"a name of 256 bytes", []layer{{file(strings.Repeat("n", 256), "1"), file("f", "1")}}, "/" + strings.Repeat("n", 256), "absent", ""},
		{"a path of 5000 bytes", []layer{{file("n"+strings.Repeat("/n", 2500), "1")}}, "/n", "absent", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img := image(t, tt.layers...)
			if got := look(t, img, imagefs.Question{Path: tt.path, Content: true}); got != tt.want {
				t.Errorf("content: %s\n want %s", got, tt.want)
			}
			if tt.lstat == "" {
				return
			}
			if got := look(t, img, imagefs.Question{Path: tt.path}); got != tt.lstat {
				t.Errorf("without following: %s\n want %s", got, tt.lstat)
			}
		})
	}
}

// TestLookupManyAtOnce asks for several contents that links lead to, in one layer
// and in several.
func TestLookupManyAtOnce(t *testing.T) {
	img := image(t,
		layer{file("usr/lib/a", "A"), file("usr/lib/b", "B"), symlink("lib", "usr/lib"), hard("c", "usr/lib/a")},
		layer{symlink("etc/b", "/lib/b"), file("d", "D")},
	)
	var questions []imagefs.Question
	for _, path := range []string{"/lib/a", "/etc/b", "/c", "/d", "/lib/a", "/e"} {
		questions = append(questions, imagefs.Question{Path: path, Content: true})
	}
	answers, err := imagefs.Lookup(t.Context(), img, questions, 1<<10)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"file /usr/lib/a A", "file /usr/lib/b B", "file /c A", "file /d D", "file /usr/lib/a A", "absent"}
	for i, a := range answers {
		if got := say(a); got != want[i] {
			t.Errorf("%s: %s, want %s", questions[i].Path, got, want[i])
		}
	}
}

func TestLookupMetadata(t *testing.T) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range []*tar.Header{
		{Name: "app/", Typeflag: tar.TypeDir, Mode: 0o1777, Uid: 1, Gid: 2},
		{Name: "app/su", Typeflag: tar.TypeReg, Mode: 0o4755, Uid: 0, Gid: 0},
		{Name: "huge", Typeflag: tar.TypeReg, Mode: 0o600, Uid: 1 << 40, Gid: 1 << 40, Format: tar.FormatGNU},
	} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	upper := layer{file("app/new", "1")}
	img, err := mutate.AppendLayers(empty.Image,
		static.NewLayer(out.Bytes(), types.OCIUncompressedLayer), static.NewLayer(upper.tar(t), types.OCIUncompressedLayer))
	if err != nil {
		t.Fatal(err)
	}
	questions := []imagefs.Question{{Path: "/app"}, {Path: "/app/su"}, {Path: "/huge"}, {Path: "/"}}
	answers, err := imagefs.Lookup(t.Context(), img, questions, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"dtrwxrwxrwx 1:2", "urwxr-xr-x 0:0", "-rw------- 1099511627776:1099511627776", "drwxr-xr-x 0:0"} {
		a := answers[i]
		if got := a.Mode.String() + " " + strconv.Itoa(a.UID) + ":" + strconv.Itoa(a.GID); got != want || a.Err != nil {
			t.Errorf("%s: %s (%v), want %s", questions[i].Path, got, a.Err, want)
		}
	}
}

// counted is a layer that counts how often it is read.
type counted struct {
	v1.Layer
	reads *int
}

func (c counted) Uncompressed() (io.ReadCloser, error) {
	*c.reads++
	return c.Layer.Uncompressed()
}

// TestLookupReadsNoMoreThanNeeded counts reads of the base layer.
func TestLookupReadsNoMoreThanNeeded(t *testing.T) {
	base := layer{dir("etc"), symlink("etc/os", "../usr/os"), file("old", "1"), file("usr/os", "1"), symlink("bin", "usr/bin"), file("usr/bin/sh", "1")}
	upper := layer{dir("app"), file("app/f", "1"), file("usr/new", "1"), file(".wh.old", ""), file("etc/.wh..wh..opq", "")}
	for _, tt := range []struct {
		name  string
		q     imagefs.Question
		reads int
	}{
		{"a file above", imagefs.Question{Path: "/app/f", Content: true}, 0},
		{"a directory above", imagefs.Question{Path: "/app"}, 0},
		{"a file removed above", imagefs.Question{Path: "/old"}, 0},
		{"nothing in an opaque directory", imagefs.Question{Path: "/etc/os"}, 0},
		{"not below a file", imagefs.Question{Path: "/app/f/g"}, 0},
		{"a directory that is only implied above", imagefs.Question{Path: "/usr"}, 1},
		{"a file below", imagefs.Question{Path: "/usr/os", Content: true}, 1},
		{"nothing anywhere", imagefs.Question{Path: "/app/g"}, 1},
		{"a content behind a link to a directory", imagefs.Question{Path: "/bin/sh", Content: true}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reads := 0
			img, err := mutate.AppendLayers(empty.Image,
				counted{static.NewLayer(base.tar(t), types.OCIUncompressedLayer), &reads},
				static.NewLayer(upper.tar(t), types.OCIUncompressedLayer))
			if err != nil {
				t.Fatal(err)
			}
			look(t, img, tt.q)
			if reads != tt.reads {
				t.Errorf("%d reads of the base, want %d", reads, tt.reads)
			}
		})
	}
}

// TestLookupReadsOnceThroughALink is the common case /etc/os-release: the link
// comes before the file.
func TestLookupReadsOnceThroughALink(t *testing.T) {
	reads := 0
	l := layer{symlink("etc/os", "../usr/os"), file("usr/os", "1")}
	img, err := mutate.AppendLayers(empty.Image, counted{static.NewLayer(l.tar(t), types.OCIUncompressedLayer), &reads})
	if err != nil {
		t.Fatal(err)
	}
	if got := look(t, img, imagefs.Question{Path: "/etc/os", Content: true}); got != "file /usr/os 1" || reads != 1 {
		t.Errorf("%s after %d reads", got, reads)
	}
}

func TestLookupOfBrokenLayers(t *testing.T) {
	whole := layer{file("f", strings.Repeat("x", 2000)), file("g", "1")}.tar(t)
	for _, tt := range []struct {
		name  string
		bytes []byte
	}{
		{"no tar", []byte(strings.Repeat("nonsense", 100))},
		{"cut in a header", whole[:100]},
		{"cut in a file", whole[:1500]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img, err := mutate.AppendLayers(empty.Image, static.NewLayer(tt.bytes, types.OCIUncompressedLayer))
			if err != nil {
				t.Fatal(err)
			}
			_, err = imagefs.Lookup(t.Context(), img, []imagefs.Question{{Path: "/g"}}, 10)
			if err == nil || !strings.Contains(err.Error(), "read layer 1 of 1") {
				t.Errorf("got %v, want an error that names the layer", err)
			}
		})
	}
}

func TestLookupCanceled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	cancel(cause)
	_, err := imagefs.Lookup(ctx, image(t, layer{file("f", "1")}), []imagefs.Question{{Path: "/g"}}, 10)
	if !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause", err)
	}
}

func TestLookupAmongManyFiles(t *testing.T) {
	const count = 30_000
	img, err := mutate.AppendLayers(empty.Image, made{count})
	if err != nil {
		t.Fatal(err)
	}
	questions := []imagefs.Question{{Path: "/d999/gone"}, {Path: "/d999/f29999", Content: true}}
	answers, err := imagefs.Lookup(t.Context(), img, questions, 10)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := say(answers[0])+", "+say(answers[1]), "absent, file /d999/f29999 "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// BenchmarkLookupAmongAMillionFiles shows what the tree costs; most of the time
// goes into writing and reading the tar.
func BenchmarkLookupAmongAMillionFiles(b *testing.B) {
	img, err := mutate.AppendLayers(empty.Image, made{1_000_000})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := imagefs.Lookup(b.Context(), img, []imagefs.Question{{Path: "/gone"}}, 10); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzLookup gives any bytes as a layer over a good one: no panic, and links
// never lead out.
func FuzzLookup(f *testing.F) {
	f.Add(layer{dir("a"), file("a/f", "1"), symlink("l", "a/../.."), hard("h", "l"), file(".wh.b", "")}.tar(f), "/l/a/f")
	f.Add(layer{file("a/.wh..wh..opq", ""), file(".wh.", ""), file("", "x")}.tar(f), "/")
	f.Add([]byte("nonsense"), "..")
	base := layer{file("a/f", "0"), file("b/f", "0")}.tar(f)
	f.Fuzz(func(t *testing.T, bytes []byte, path string) {
		img, err := mutate.AppendLayers(empty.Image,
			static.NewLayer(base, types.OCIUncompressedLayer), static.NewLayer(bytes, types.OCIUncompressedLayer))
		if err != nil {
			t.Fatal(err)
		}
		answers, err := imagefs.Lookup(t.Context(), img, []imagefs.Question{{Path: path, Content: true}, {Path: path}, {Path: "/b/f"}}, 100)
		if err != nil {
			return
		}
		for _, a := range answers {
			if a.Err == nil && (!strings.HasPrefix(a.Path, "/") || strings.Contains(a.Path+"/", "/../")) {
				t.Errorf("path %q", a.Path)
			}
			if len(a.Content) > 100 {
				t.Errorf("%d bytes", len(a.Content))
			}
		}
	})
}
