package structure_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/rogpeppe/go-internal/txtar"
)

// imageOf makes an image of an archive: config.json, and the files called
// layer1, layer2, … from the base up.
func imageOf(tb testing.TB, a *txtar.Archive) v1.Image {
	tb.Helper()
	img := empty.Image
	for i := 1; ; i++ {
		lines := member(a, "layer"+strconv.Itoa(i))
		if lines == nil {
			break
		}
		img = withLayer(tb, img, tarOf(tb, string(lines)))
	}
	if text := member(a, "config.json"); text != nil {
		var config v1.Config
		if err := json.Unmarshal(text, &config); err != nil {
			tb.Fatal(err)
		}
		made, err := mutate.Config(img, config)
		if err != nil {
			tb.Fatal(err)
		}
		img = made
	}
	return img
}

func withLayer(tb testing.TB, img v1.Image, tar []byte) v1.Image {
	tb.Helper()
	img, err := mutate.AppendLayers(img, static.NewLayer(tar, types.OCIUncompressedLayer))
	if err != nil {
		tb.Fatal(err)
	}
	return img
}

// tarOf makes a layer of lines: kind, mode, owner, name and, for files, a quoted
// content or, for links, a target.
//
//	file 0644 0:0 etc/passwd "root:x:0:0\n"
//	symlink 0777 0:0 bin usr/bin
func tarOf(tb testing.TB, lines string) []byte {
	tb.Helper()
	kinds := map[string]byte{
		"file": tar.TypeReg, "dir": tar.TypeDir, "symlink": tar.TypeSymlink, "hardlink": tar.TypeLink,
		"char": tar.TypeChar, "block": tar.TypeBlock, "fifo": tar.TypeFifo,
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for line := range strings.Lines(lines) {
		var kind, name string
		h := &tar.Header{Format: tar.FormatPAX}
		if _, err := fmt.Sscanf(line, "%s %o %d:%d %s", &kind, &h.Mode, &h.Uid, &h.Gid, &name); err != nil {
			tb.Fatalf("%q: %v", line, err)
		}
		_, rest, _ := strings.Cut(strings.TrimSpace(line), " "+name)
		rest = strings.TrimSpace(rest)
		h.Name, h.Typeflag = name, kinds[kind]
		if kind == "char" {
			h.Devmajor, h.Devminor = 1, 3 // 0, 0 is a whiteout of overlayfs
		}
		if h.Typeflag == tar.TypeReg {
			text, err := strconv.Unquote(rest)
			if err != nil {
				tb.Fatalf("%q: %v", line, err)
			}
			rest, h.Size = text, int64(len(text))
		} else {
			h.Linkname = rest
		}
		if err := w.WriteHeader(h); err != nil {
			tb.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(rest)); err != nil {
				tb.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}
