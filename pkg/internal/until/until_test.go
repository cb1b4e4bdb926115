package until_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/until"
)

func TestReader(t *testing.T) {
	errStop := errors.New("stopped")
	ctx, stop := context.WithCancelCause(t.Context())
	r := until.Reader(ctx, strings.NewReader("abc"))
	if _, err := io.ReadFull(r, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	stop(errStop)
	if rest, err := io.ReadAll(r); len(rest) > 0 || !errors.Is(err, errStop) {
		t.Errorf("after the end it gave %q, %v", rest, err)
	}
}
