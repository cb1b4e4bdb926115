package registry

import (
	"errors"
	"io"
	"net/http"
	"testing"
)

// heldRead is a reader whose Read takes as long as the test likes.
type heldRead struct{ begun, free chan struct{} }

func (h heldRead) Read(p []byte) (int, error) {
	close(h.begun)
	<-h.free
	return copy(p, "x"), nil
}

// A body that is closed while it is read, as HTTP/2 does, is given back when
// that has ended, and not read again.
func TestLentBodyIsClosedWhileItIsRead(t *testing.T) {
	slow := heldRead{make(chan struct{}), make(chan struct{})}
	body := &lent{Reader: slow, task: &task{ended: true}, back: make(chan struct{})}
	read := make(chan error)
	go func() {
		_, err := io.ReadFull(body, make([]byte, 1))
		read <- err
	}()
	<-slow.begun
	for range 2 {
		if err := body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-body.back:
		t.Error("it was given back while it was read")
	default:
	}
	close(slow.free)
	if err := <-read; err != nil {
		t.Errorf("what was being read: %v", err)
	}
	<-body.back
	if _, err := body.Read(nil); !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("read once more: %v", err)
	}
}

func TestLentBodyIsGivenBack(t *testing.T) {
	body := &lent{Reader: http.NoBody, back: make(chan struct{})}
	if err := errors.Join(body.Close(), body.Close()); err != nil {
		t.Fatal(err)
	}
	<-body.back
}
