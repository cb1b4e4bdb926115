package savedimage

import (
	"encoding/hex"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// grow writes more of the layer's bytes, and wakes who waits for them.
type grow struct {
	*late
	out *os.File
}

// Write keeps what was written even when an error follows: nobody is told of it.
func (g grow) Write(p []byte) (int, error) {
	n, err := g.out.Write(p)
	_, _ = g.sum.Write(p[:n]) // never fails, see hash.Hash
	g.mu.Lock()
	defer g.mu.Unlock()
	g.size += int64(n)
	g.grown.Broadcast()
	return n, err
}

// end tells that no more comes, with an error if more should have come.
func (l *late) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended, l.err = true, err
	l.digest = v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(l.sum.Sum(nil))}
	l.grown.Broadcast()
}

// follower reads a layer's file up to where it has grown, and waits there.
type follower struct {
	layer  *late
	in     *os.File // nil until there is one; under the layer's lock
	read   int64
	closed bool // under the layer's lock
}

// Read gives bytes, io.EOF behind the last one, or why there are no more.
func (f *follower) Read(p []byte) (int, error) {
	ready, err := f.wait()
	if ready == 0 {
		return 0, err
	}
	in, err := f.open()
	if err != nil {
		return 0, err
	}
	n, err := in.Read(p[:min(int64(len(p)), ready)])
	f.read += int64(n)
	return n, err
}

// open gives the file. HTTP/2 closes a body while it may still be read.
func (f *follower) open() (in *os.File, err error) {
	f.layer.mu.Lock()
	defer f.layer.mu.Unlock()
	if f.closed {
		return nil, os.ErrClosed
	}
	if f.in == nil {
		f.in, err = os.Open(f.layer.path)
	}
	return f.in, err
}

// wait gives how many bytes there are to read, and with none the reason.
func (f *follower) wait() (int64, error) {
	l := f.layer
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case f.closed:
			return 0, os.ErrClosed
		case l.size > f.read:
			return l.size - f.read, nil
		case l.ended && l.err == nil:
			return 0, io.EOF
		case l.ended:
			return 0, l.err
		}
		l.grown.Wait()
	}
}

// Close wakes a Read that waits, and gives the file back.
func (f *follower) Close() error {
	f.layer.mu.Lock()
	defer f.layer.mu.Unlock()
	f.closed = true
	f.layer.grown.Broadcast()
	if f.in == nil {
		return nil
	}
	return f.in.Close()
}
