package savedimage_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/savedimage"
)

// named is an image whose files have the names that tell what they are, as
// engines from 25 on write them: a small layer and a large one, which is last.
func named(tb testing.TB) (stream []byte, diffIDs []string) {
	tb.Helper()
	layers := []string{layer(tb, "small", "small"), mixed(tb, 1, 9<<20)}
	cfg := config(tb, layers...)
	names := []string{}
	for _, l := range layers {
		diffIDs, names = append(diffIDs, "sha256:"+sum(l)), append(names, "blobs/sha256/"+sum(l))
	}
	return archive(tb,
		entry{name: "blobs/sha256/" + sum(cfg), content: cfg},
		entry{name: names[0], content: layers[0]},
		entry{name: names[1], content: layers[1]},
		manifest(tb, "blobs/sha256/"+sum(cfg), names...),
	), diffIDs
}

// halfway gives the stream up to somewhere in its last layer, and the rest after
// release.
func halfway(whole []byte) (r io.Reader, release func()) {
	open := make(chan struct{})
	at := len(whole) / 2
	return io.MultiReader(bytes.NewReader(whole[:at]), &gate{open}, bytes.NewReader(whole[at:])), func() { close(open) }
}

// plain is the image as it is made of whole files.
func plain(t *testing.T, whole []byte, how engine.Compression) v1.Hash {
	t.Helper()
	img, err := savedimage.Read(t.Context(), bytes.NewReader(whole), savedimage.Options{Dir: t.TempDir(), Compression: how})
	if err != nil {
		t.Fatal(err)
	}
	return digest(t, img)
}

// A layer that its name tells is read while it still comes, does not lie on the
// disk as it was saved, and has the same bytes as any other way.
func TestDirect(t *testing.T) {
	whole, diffIDs := named(t)
	half, release := halfway(whole)
	dir := t.TempDir()
	begun := make(chan error, 1)
	img, err := savedimage.Read(t.Context(), ragged{half}, savedimage.Options{Dir: dir, DiffIDs: diffIDs, Ready: func(l v1.Layer) {
		if id, _ := l.DiffID(); id.String() == diffIDs[1] {
			go func() {
				defer release()
				if _, err := os.Stat(filepath.Join(dir, "2")); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("it lies on the disk as it was saved: %v", err)
				}
				r, err := l.Compressed()
				if err == nil {
					_, err = io.ReadFull(r, make([]byte, 1<<20))
				}
				begun <- err
			}()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-begun; err != nil {
		t.Error(err)
	}
	if got, want := digest(t, img), plain(t, whole, engine.Compression{}); got != want {
		t.Errorf("the image is %s, of whole files %s", got, want)
	}
}

// What cannot be done as the layer comes is done afterwards, to the same end.
func TestNotDirect(t *testing.T) {
	whole, diffIDs := named(t)
	for name, opts := range map[string]savedimage.Options{
		"slow":   {Compression: engine.Compression{Algorithm: "gzip", Level: 9}},
		"zstd":   {Compression: engine.Compression{Algorithm: "zstd", Level: 3}},
		"others": {DiffIDs: []string{"sha256:" + sum("another image")}},
	} {
		t.Run(name, func(t *testing.T) {
			opts.Dir = t.TempDir()
			if opts.DiffIDs == nil {
				opts.DiffIDs = diffIDs
			}
			img, err := savedimage.Read(t.Context(), bytes.NewReader(whole), opts)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := digest(t, img), plain(t, whole, opts.Compression); got != want {
				t.Errorf("the image is %s, of whole files %s", got, want)
			}
		})
	}
}

// The stream does not wait for a registry that is asked.
func TestStreamDoesNotWait(t *testing.T) {
	whole, diffIDs := named(t)
	held, release := hold(whole)
	defer release()
	ended := make(chan struct{})
	img, err := savedimage.Read(t.Context(), io.MultiReader(held, closing(ended)), savedimage.Options{
		Dir: t.TempDir(), DiffIDs: diffIDs,
		Known: func(v1.Hash) v1.Layer {
			release()
			<-ended
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := digest(t, img), plain(t, whole, engine.Compression{}); got != want {
		t.Errorf("the image is %s, of whole files %s", got, want)
	}
}

// closing is at its end, and closes the channel then.
type closing chan struct{}

func (c closing) Read([]byte) (int, error) {
	close(c)
	return 0, io.EOF
}

// Registries are asked before the stream gives anything: that takes its time.
func TestKnownIsAskedAhead(t *testing.T) {
	whole, diffIDs := named(t)
	known := static.NewLayer([]byte("as the registry holds it"), types.OCILayer)
	start := make(chan struct{})
	var mu sync.Mutex
	var asked []string
	img, err := savedimage.Read(t.Context(), io.MultiReader(&gate{start}, bytes.NewReader(whole)), savedimage.Options{
		Dir: t.TempDir(), DiffIDs: diffIDs,
		Known: func(id v1.Hash) v1.Layer {
			mu.Lock()
			defer mu.Unlock()
			if asked = append(asked, id.String()); len(asked) == len(diffIDs) {
				close(start)
			}
			return known
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if slices.Sort(asked); !slices.Equal(asked, slices.Sorted(slices.Values(diffIDs))) {
		t.Errorf("it was asked for %v", asked)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range layers {
		got, err := l.Digest()
		if want, _ := known.Digest(); got != want || err != nil {
			t.Errorf("layer %d is %s, %v", i, got, err)
		}
	}
}

// Whatever ends it before its end: who reads the layer is told as well.
func TestDirectFails(t *testing.T) {
	whole, diffIDs := named(t)
	at := bytes.Index(whole, []byte("mixed"))
	wrong := bytes.Clone(whole)
	wrong[at+5<<20] ^= 1
	for name, c := range map[string]struct {
		stream func(cancel func()) io.Reader
		full   bool // the disk
		want   func(err error) bool
	}{
		"cut": {
			stream: func(func()) io.Reader { return bytes.NewReader(whole[:at+5<<20]) },
			want:   func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) },
		},
		"other bytes": {
			stream: func(func()) io.Reader { return bytes.NewReader(wrong) },
			want:   func(err error) bool { return strings.Contains(err.Error(), "the config says "+diffIDs[1]) },
		},
		"full disk": {
			stream: func(func()) io.Reader { return bytes.NewReader(whole) }, full: true,
			want: func(err error) bool { return strings.Contains(err.Error(), "no space left on device") },
		},
		"called off": {
			stream: func(cancel func()) io.Reader {
				return io.MultiReader(bytes.NewReader(whole[:at+5<<20]), calls(cancel), bytes.NewReader(whole[at+5<<20:]))
			},
			want: func(err error) bool { return errors.Is(err, context.Canceled) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if c.full {
				if err := os.Symlink("/dev/full", filepath.Join(dir, "2.packed")); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			told := make(chan error, 1)
			_, err := savedimage.Read(ctx, c.stream(cancel), savedimage.Options{Dir: dir, DiffIDs: diffIDs, Ready: func(l v1.Layer) {
				if id, _ := l.DiffID(); id.String() != diffIDs[1] {
					return
				}
				go func() {
					r, err := l.Compressed()
					if err == nil {
						_, err = io.Copy(io.Discard, r)
					}
					told <- err
				}()
			}})
			if err == nil || !c.want(err) {
				t.Errorf("error is %v", err)
			}
			if err := <-told; err == nil {
				t.Error("who reads the layer is told nothing")
			}
		})
	}
}

// calls is at its end, and calls the function then.
type calls func()

func (c calls) Read([]byte) (int, error) {
	c()
	return 0, io.EOF
}
