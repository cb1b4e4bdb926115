package savedimage_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/stream"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/savedimage"
)

// mixed is a layer as programs make them: some of it compresses, some does not.
// It is larger than what is compressed in one go.
func mixed(tb testing.TB, seed byte, size int) string {
	tb.Helper()
	content := make([]byte, size)
	random := rand.NewChaCha8([32]byte{seed})
	for at := 0; at < size; at += 4096 {
		_, _ = random.Read(content[at:min(at+2048, size)])
	}
	return layer(tb, "mixed", string(content))
}

// large is an image of two large layers and a small one, in the classic layout.
func large(tb testing.TB) (stream []byte, diffIDs []string) {
	tb.Helper()
	layers := []string{mixed(tb, 1, 9<<20), layer(tb, "small", "small"), mixed(tb, 2, 7<<20)}
	entries := []entry{
		{name: "1/layer.tar", content: layers[0]},
		{name: "2/layer.tar", content: layers[1]},
		{name: "3/layer.tar", content: layers[2]},
		{name: "cfg.json", content: config(tb, layers...)},
		manifest(tb, "cfg.json", "1/layer.tar", "2/layer.tar", "3/layer.tar"),
	}
	for _, l := range layers {
		diffIDs = append(diffIDs, "sha256:"+sum(l))
	}
	return archive(tb, entries...), diffIDs
}

// The digest depends on nothing of the machine: not on its processors, not on
// where the stream is cut, not on who reads the layers meanwhile.
func TestSameDigestEverywhere(t *testing.T) {
	stream, diffIDs := large(t)
	for _, how := range []engine.Compression{{}, {Algorithm: "gzip", Level: 6}, {Algorithm: "zstd", Level: 3}} {
		t.Run(how.String(), func(t *testing.T) {
			var digests []v1.Hash
			for _, processors := range []int{1, 3, 16} {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
				opts := savedimage.Options{Dir: t.TempDir(), Compression: how}
				if processors > 1 { // with one, no layer begins before the stream has ended
					opts.DiffIDs = diffIDs
				}
				img, err := savedimage.Read(t.Context(), ragged{bytes.NewReader(stream)}, opts)
				if err != nil {
					t.Fatal(err)
				}
				digests = append(digests, digest(t, img))
			}
			if len(slices.Compact(digests)) != 1 {
				t.Errorf("the digests are %v", digests)
			}
		})
	}
}

// ragged gives the stream in pieces of no particular size.
type ragged struct{ io.Reader }

func (r ragged) Read(p []byte) (int, error) {
	return r.Reader.Read(p[:min(len(p), 1+rand.IntN(64<<10))]) //nolint:gosec // any number does
}

// What other versions of retort have made is gone on with, so the bytes of one
// format are always the same. When a library compresses otherwise, count the
// format of engine.Compression up, and change the digests here.
func TestFormat(t *testing.T) {
	stream, _ := large(t)
	for text, want := range map[string]string{
		"gzip:1": "sha256:23175526a8d55ac87c14cd457ab472ac121d2e2c9ed73c697786cd3998bf639f",
		"zstd:3": "sha256:6075b5eb4b22219c405e031919d5d206cdadf2da02292f5f877f3cd8bb621f5d",
	} {
		how, err := engine.ParseCompression(text)
		if err != nil {
			t.Fatal(err)
		}
		img, err := savedimage.Read(t.Context(), bytes.NewReader(stream), savedimage.Options{Dir: t.TempDir(), Compression: how})
		if err != nil {
			t.Fatal(err)
		}
		m, err := img.Manifest()
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Layers[0].Digest.String(); got != want {
			t.Errorf("format 1 of %s gives %s, want %s", text, got, want)
		}
	}
}

// Layers are ready while the stream goes on, can be read before they are made,
// by several at once, and have a digest in the end.
func TestReadWhileMade(t *testing.T) {
	for text, media := range map[string]types.MediaType{"gzip": types.OCILayer, "zstd": types.OCILayerZStd} {
		t.Run(text, func(t *testing.T) {
			how, err := engine.ParseCompression(text)
			if err != nil {
				t.Fatal(err)
			}
			whole, diffIDs := large(t)
			held, release := hold(whole)
			var mu sync.Mutex
			read := map[string]int{}
			var readers sync.WaitGroup
			img, err := savedimage.Read(t.Context(), held, savedimage.Options{
				Dir: t.TempDir(), DiffIDs: diffIDs, Compression: how,
				Ready: func(l v1.Layer) {
					for range 2 {
						readers.Go(func() {
							id, n := follow(t, l)
							mu.Lock()
							defer mu.Unlock()
							read[id] += n
							if len(read) == len(diffIDs) {
								release() // the stream ends only after all layers were read
							}
						})
					}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			readers.Wait()
			layers, err := img.Layers()
			if err != nil {
				t.Fatal(err)
			}
			for i, l := range layers {
				size, err := l.Size()
				if err != nil || int64(read[diffIDs[i]]) != 2*size {
					t.Errorf("layer %d has %d bytes (%v), two have read %d", i, size, err, read[diffIDs[i]])
				}
				if got, err := l.MediaType(); got != media || err != nil {
					t.Errorf("layer %d is %s, %v", i, got, err)
				}
			}
		})
	}
}

// hold gives the stream up to its last member, and the rest after release.
func hold(whole []byte) (r io.Reader, release func()) {
	at := bytes.LastIndex(whole, []byte("manifest.json"))
	released := make(chan struct{})
	return io.MultiReader(bytes.NewReader(whole[:at]), &gate{released}, bytes.NewReader(whole[at:])), sync.OnceFunc(func() { close(released) })
}

type gate struct{ open chan struct{} }

func (g *gate) Read([]byte) (int, error) {
	<-g.open
	return 0, io.EOF
}

// follow reads the layer to its end, and gives its diff ID and length.
func follow(t *testing.T, l v1.Layer) (string, int) {
	t.Helper()
	r, err := l.Compressed()
	if err != nil {
		t.Error(err)
		return "", 0
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	id, err := l.DiffID()
	if err != nil {
		t.Error(err)
	}
	digest, err := l.Digest()
	if err != nil || digest.Hex != sum(string(content)) {
		t.Errorf("%s has the digest %s (%v), its bytes have %s", id, digest, err, sum(string(content)))
	}
	return id.String(), len(content)
}

// A disk that is full ends it all, those who wait for the layer too.
func TestFullDisk(t *testing.T) {
	whole, diffIDs := large(t)
	dir := t.TempDir()
	// The file that the first layer is compressed into cannot be written.
	if err := os.Symlink("/dev/full", filepath.Join(dir, "0.packed")); err != nil {
		t.Fatal(err)
	}
	failures := make(chan error, 3)
	_, err := savedimage.Read(t.Context(), bytes.NewReader(whole), savedimage.Options{
		Dir: dir, DiffIDs: diffIDs,
		Ready: func(l v1.Layer) {
			if id, _ := l.DiffID(); id.String() != diffIDs[0] {
				return
			}
			go func() {
				r, err := l.Compressed()
				if err == nil {
					_, err = io.Copy(io.Discard, r)
				}
				failures <- err
			}()
		},
	})
	if err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("error is %v", err)
	}
	if err := <-failures; err == nil {
		t.Error("who reads the layer is told nothing")
	}
}

// Who waits for bytes that do not come can be called off.
func TestWaitEnds(t *testing.T) {
	whole, diffIDs := large(t)
	ctx, cancel := context.WithCancel(t.Context())
	held, release := hold(whole)
	defer release()
	ended := make(chan error, 1)
	var once sync.Once
	_, err := savedimage.Read(ctx, held, savedimage.Options{Dir: t.TempDir(), DiffIDs: diffIDs, Ready: func(l v1.Layer) {
		once.Do(func() {
			if _, err := l.Digest(); err != nil && !errors.Is(err, stream.ErrNotComputed) {
				t.Error(err)
			}
			cancel()
			release()
			go func() {
				r, err := l.Compressed()
				if err == nil {
					_, err = io.Copy(io.Discard, r)
				}
				ended <- err
			}()
		})
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if err := <-ended; err == nil {
		t.Error("the layer was read to its end, which was never made")
	}
}

// What waits for a layer's first byte is told when there is one, and of the end
// of its own context.
func TestBegun(t *testing.T) {
	stream, diffIDs := large(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	var waiting sync.WaitGroup
	opts := savedimage.Options{Dir: t.TempDir(), DiffIDs: diffIDs, Ready: func(l v1.Layer) {
		late, ok := l.(interface {
			Begun(ctx context.Context) error
		})
		if !ok {
			t.Errorf("%T does not tell of its first byte", l)
			return
		}
		if err := late.Begun(over); !errors.Is(err, context.Canceled) {
			t.Errorf("waited without end: %v", err)
		}
		waiting.Go(func() {
			if err := late.Begun(t.Context()); err != nil {
				t.Error(err)
				return
			}
			body, err := l.Compressed()
			if err != nil {
				t.Error(err)
				return
			}
			if n, err := body.Read(make([]byte, 1)); n != 1 || err != nil {
				t.Errorf("its first byte: %d, %v", n, err)
			}
			_ = body.Close()
		})
	}}
	if _, err := savedimage.Read(t.Context(), bytes.NewReader(stream), opts); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
}
