package many_test

import (
	"errors"
	"io"
	"testing"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/internal/many"
)

func TestErrors(t *testing.T) {
	if err := many.Errors(nil); err != nil {
		t.Errorf("nothing gives %v", err)
	}
	if err := many.Errors(multierror.Append(nil, nil)); err != nil {
		t.Errorf("nil errors give %v", err)
	}
	if err := many.Errors(multierror.Append(nil, io.EOF)); err != io.EOF { //nolint:errorlint // the very error
		t.Errorf("one error gives %v, not itself", err)
	}
	err := many.Errors(multierror.Append(nil, io.EOF, io.ErrClosedPipe))
	if want := "2 failures:\n- EOF\n- io: read/write on closed pipe"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Error("the second error is lost")
	}
}
