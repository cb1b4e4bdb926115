package savedimage_test

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/heap"
	"github.com/retort-ci/retort/pkg/internal/savedimage"
)

// noise is a layer's bytes: a tar's end follows its one file, which is noise.
func noise(seed byte, size int64) io.Reader {
	r, w := io.Pipe()
	go func() {
		tw := tar.NewWriter(w)
		err := tw.WriteHeader(&tar.Header{Name: "noise", Typeflag: tar.TypeReg, Size: size})
		if err == nil {
			_, err = io.Copy(tw, io.LimitReader(rand.NewChaCha8([32]byte{seed}), size))
		}
		if err == nil {
			err = tw.Close()
		}
		w.CloseWithError(err)
	}()
	return r
}

// No layer is held whole, whatever the compression and the number of
// processors. Two images are pushed at once unless it is said otherwise.
func TestNoLayerIsHeldWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads 720 MB")
	}
	const layers, size, allowed = 2, 60 << 20, 64 << 20
	for _, c := range []struct {
		how    engine.Compression
		direct bool // made as it comes
	}{
		{engine.Compression{Algorithm: "gzip", Level: 1}, true},
		{engine.Compression{Algorithm: "zstd", Level: 3}, false},
		{engine.Compression{Algorithm: "zstd", Level: 9}, false},
	} {
		t.Run(fmt.Sprintf("%s direct %v", c.how, c.direct), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(16))
			// What waits for its collection is not held; on a busy machine it waits long.
			defer debug.SetGCPercent(debug.SetGCPercent(25))
			one, diffIDs := noisy(t, layers, size, c.direct)
			two, _ := noisy(t, layers, size, c.direct)
			grown := heap.Watch()
			var images errgroup.Group
			for _, stream := range []io.Reader{one, two} {
				opts := savedimage.Options{Dir: t.TempDir(), DiffIDs: diffIDs, Compression: c.how, Ready: func(v1.Layer) {}}
				images.Go(func() error {
					_, err := savedimage.Read(t.Context(), stream, opts)
					return err
				})
			}
			err := images.Wait()
			most := grown()
			if err != nil {
				t.Fatal(err)
			}
			if t.Logf("the heap grew by %d MB", most>>20); most > allowed {
				t.Error("that is too much")
			}
		})
	}
}

// noisy is the stream of an image of large layers, made as it is read, whose
// names may tell which they are.
func noisy(t *testing.T, layers int, size int64, told bool) (stream io.Reader, diffIDs []string) {
	t.Helper()
	sizes := make([]int64, layers)
	for i := range layers {
		h := sha256.New()
		n, err := io.Copy(h, noise(byte(i), size))
		if err != nil {
			t.Fatal(err)
		}
		sizes[i] = n
		diffIDs = append(diffIDs, "sha256:"+hex.EncodeToString(h.Sum(nil)))
	}
	cfg := encode(t, map[string]any{"os": "linux", "architecture": "amd64", "rootfs": map[string]any{"type": "layers", "diff_ids": diffIDs}})
	var names []string
	for i, id := range diffIDs {
		names = append(names, string(rune('a'+i))+"/layer.tar")
		if told {
			names[i] = "blobs/sha256/" + strings.TrimPrefix(id, "sha256:")
		}
	}
	r, w := io.Pipe()
	go func() {
		tw := tar.NewWriter(w)
		for i := range layers {
			_ = tw.WriteHeader(&tar.Header{Name: names[i], Typeflag: tar.TypeReg, Size: sizes[i]})
			_, _ = io.Copy(tw, noise(byte(i), size))
		}
		m := manifest(t, "cfg.json", names...)
		for name, content := range map[string]string{"cfg.json": cfg, m.name: m.content} {
			_ = tw.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(content))})
			_, _ = io.WriteString(tw, content)
		}
		w.CloseWithError(tw.Close()) // what went wrong before, it tells
	}()
	return r, diffIDs
}
