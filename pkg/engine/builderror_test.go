package engine_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

func TestBuildError(t *testing.T) {
	for want, e := range map[string]engine.BuildError{
		"Dockerfile: EOF": {File: "Dockerfile", Err: io.EOF},
		"Dockerfile:3: COPIE a b: unknown instruction": {File: "Dockerfile", Line: 3, Source: "COPIE a b", Err: errors.New("unknown instruction")},
		"a/Dockerfile:4: RUN make: exit code 2":        {File: "a/Dockerfile", Line: 4, Source: "RUN make", ExitCode: 2, Err: errors.New("process failed")},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	err := fmt.Errorf("build orders: %w", &engine.BuildError{Err: io.EOF})
	if !errors.Is(err, engine.ErrBuild) || !errors.Is(err, io.EOF) || errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("%v is not ErrBuild and its cause", err)
	}
}
