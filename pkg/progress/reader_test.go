package progress_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/retort-ci/retort/pkg/progress"
)

// slow takes a while for each byte.
type slow struct {
	io.Reader
	pause time.Duration
}

func (s slow) Read(p []byte) (int, error) {
	time.Sleep(s.pause)
	return s.Reader.Read(p)
}

// A few events a second, however small the reads, and one at the end.
func TestReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []progress.Event
		r := progress.NewReader(
			slow{iotest.OneByteReader(strings.NewReader(strings.Repeat("x", 100))), 50 * time.Millisecond},
			progress.Func(func(e progress.Event) { events = append(events, e) }),
			progress.Event{Stage: "push", Subject: "orders", Total: 100})
		if n, err := io.Copy(io.Discard, r); n != 100 || err != nil {
			t.Fatalf("read %d bytes, %v", n, err)
		}
		if len(events) != 26 { // 5 s of reading at one in 200 ms, and the end
			t.Errorf("%d events", len(events))
		}
		last := events[len(events)-1]
		want := progress.Event{Kind: progress.Bytes, Stage: "push", Subject: "orders", Current: 100, Total: 100, Elapsed: 5050 * time.Millisecond}
		if last != want {
			t.Errorf("the last one is %+v, want %+v", last, want)
		}
	})
}

func TestReaderPassesErrors(t *testing.T) {
	away := errors.New("away")
	events := 0
	r := progress.NewReader(iotest.ErrReader(away), progress.Func(func(progress.Event) { events++ }), progress.Event{})
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, away) || events != 1 {
		t.Errorf("gave %v and %d events", err, events)
	}
	if _, err := progress.NewReader(strings.NewReader("x"), nil, progress.Event{}).Read(make([]byte, 1)); err != nil {
		t.Errorf("without a listener: %v", err)
	}
}
