package savedimage

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// maxPace is the highest level of gzip that is as fast as engines write, or
// nearly so: the stream waits for what is compressed as it comes.
const maxPace = 3

// direct makes a layer of a file as it comes, where the name tells which it is:
// its bytes do not go to the disk and back, and the last layer is made when the
// stream ends. Where it cannot, there is no file, and all of r's bytes are left.
func (m *maker) direct(name string, r io.Reader, path string, before contents) (file, io.Reader, error) {
	diffID, ok := m.names.diffID(name, before)
	if !ok {
		return file{}, r, nil
	}
	known, ok := m.knownNow(diffID)
	if !ok {
		return file{}, r, nil // the stream does not wait for a registry
	}
	media, r, err := sniff(r)
	if err != nil || media != types.OCIUncompressedLayer {
		return file{}, r, err
	}
	if known == nil {
		if !m.keepsPace() {
			return file{}, r, nil
		}
		defer func() { <-m.slots }()
	}
	j, first := m.job(name, diffID)
	if !first {
		return file{}, r, nil
	}
	j.got = diffID
	w := &wanted{Reader: r, id: diffID, sum: sha256.New()}
	if known != nil {
		err = errors.Join(w.skip(), m.finish(j, known))
	} else {
		err = m.makeOf(j, w, path+".packed")
	}
	return file{size: w.size, hash: diffID}, nil, err
}

// keepsPace takes a slot if one is free and the compression is fast.
func (m *maker) keepsPace() bool {
	how := m.opts.Compression.OrDefault()
	if how.Algorithm != "gzip" || how.Level > maxPace {
		return false
	}
	select {
	case m.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

// makeOf makes the job's layer of what it reads.
func (m *maker) makeOf(j *job, in *wanted, path string) error {
	made := newLate(path, in.id, m.opts.Compression)
	m.ready(j, made)
	err := m.pack(made, in)
	made.end(err)
	if err != nil {
		return err
	}
	j.layer = made
	close(j.done)
	return nil
}

// wanted reads a layer, and fails at its end when it is another one.
type wanted struct {
	io.Reader
	id   v1.Hash
	sum  hash.Hash
	size int64
}

func (w *wanted) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	_, _ = w.sum.Write(p[:n]) // never fails, see hash.Hash
	w.size += int64(n)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	if got := hashOf(w.sum); got != w.id {
		err = fmt.Errorf("it is %s, the config says %s", got, w.id)
	}
	return n, err
}

// skip reads all of it.
func (w *wanted) skip() error {
	p := make([]byte, copied)
	for {
		_, err := w.Read(p)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
