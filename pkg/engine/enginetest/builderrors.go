package enginetest

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
)

func (s *suite) testBuildErrors(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"no Dockerfile":      s.noDockerfile,
		"no context":         s.noContext,
		"syntax":             s.syntaxError,
		"unknown target":     s.unknownTarget,
		"RUN fails":          s.runFails,
		"RUN fails beside":   s.runFailsBesideAnother,
		"COPY finds nothing": s.copyFindsNothing,
		"cancelled":          s.buildCancelled,
		"cancelled before":   s.buildCancelledBefore,
		"secret is missing":  s.secretMissing,
	})
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

func wantSide(t *testing.T, err error, want fault.Side) {
	t.Helper()
	if got := fault.SideOf(err); err == nil || got != want {
		t.Errorf("%v: its side is %v, want %v", err, got, want)
	}
}

// failure builds and gives the Dockerfile's error.
func (s *suite) failure(t *testing.T, spec engine.BuildSpec) *engine.BuildError {
	t.Helper()
	_, err := s.engine.Build(t.Context(), spec)
	wantErr(t, err, engine.ErrBuild)
	wantSide(t, err, fault.Usage)
	be, ok := errors.AsType[*engine.BuildError](err)
	if !ok {
		t.Fatalf("error is %v, want a BuildError", err)
	}
	return be
}

func (s *suite) noDockerfile(t *testing.T) {
	spec := s.spec(t, "", nil)
	_, err := s.engine.Build(t.Context(), spec)
	wantSide(t, err, fault.Usage)
	if path := filepath.Join(spec.Context, "Dockerfile"); err != nil && !strings.Contains(err.Error(), path) {
		t.Errorf("%v: does not name %s", err, path)
	}
}

func (s *suite) noContext(t *testing.T) {
	spec := s.spec(t, "", nil)
	spec.Context, spec.Inline = filepath.Join(spec.Context, "nowhere"), fromProbe
	_, err := s.engine.Build(t.Context(), spec)
	wantSide(t, err, fault.Usage)
	if err != nil && !strings.Contains(err.Error(), spec.Context) {
		t.Errorf("%v: does not name %s", err, spec.Context)
	}
}

func (s *suite) syntaxError(t *testing.T) {
	spec := s.spec(t, "FROM scratch\n\nCOPIE probe /probe\n", nil)
	be := s.failure(t, spec)
	if be.Line != 3 || be.Source != "COPIE probe /probe" {
		t.Errorf("placed at line %d, %q", be.Line, be.Source)
	}
	if want := filepath.Join(spec.Context, "Dockerfile"); be.File != want {
		t.Errorf("in file %s, want %s", be.File, want)
	}
}

func (s *suite) unknownTarget(t *testing.T) {
	spec := s.spec(t, fromProbe, nil)
	spec.Target = "nosuch"
	if be := s.failure(t, spec); !strings.Contains(be.Error(), "nosuch") {
		t.Errorf("%v: does not name the target", be)
	}
}

func (s *suite) runFails(t *testing.T) {
	be := s.failure(t, s.spec(t, fromProbe+`RUN ["/probe","flood","50",";","echo","sorry",";","exit","3"]`+"\n", nil))
	if be.ExitCode != 3 || be.Line != 4 || !strings.HasPrefix(be.Source, "RUN [") {
		t.Errorf("exit code %d at line %d, %q; want 3 at line 4", be.ExitCode, be.Line, be.Source)
	}
	if n := len(be.Log); n == 0 || n > 20 || be.Log[n-1] != "sorry" {
		t.Errorf("its log is %q, want the last lines, \"sorry\" at the end", be.Log)
	}
}

// The other stage prints, too, and is ended by the failure: its output is not
// the one that matters.
func (s *suite) runFailsBesideAnother(t *testing.T) {
	be := s.failure(t, s.spec(t, `FROM scratch AS a
COPY probe /probe
RUN ["/probe","echo","innocent",";","sleep","1m"]
FROM scratch AS b
COPY probe /probe
RUN ["/probe","sleep","300ms",";","echo","guilty",";","exit","7"]
FROM scratch
COPY --from=a /probe /a
COPY --from=b /probe /b
`, nil))
	if be.ExitCode != 7 || be.Line != 6 {
		t.Errorf("exit code %d at line %d, want 7 at line 6", be.ExitCode, be.Line)
	}
	if len(be.Log) != 1 || be.Log[0] != "guilty" {
		t.Errorf("its log is %q", be.Log)
	}
}

func (s *suite) copyFindsNothing(t *testing.T) {
	be := s.failure(t, s.spec(t, fromProbe+"COPY missing.txt /\n", nil))
	if be.Line != 4 || !strings.Contains(be.Error(), "missing.txt") {
		t.Errorf("%v: want line 4 and the file's name", be)
	}
}

func (s *suite) buildCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	spec := s.spec(t, fromProbe+"RUN [\"/probe\",\"echo\",\"begun\",\";\",\"sleep\",\"1m\"]\n", nil)
	events := recordUntil(func(e progress.Event) bool { return e.Text == "begun" })
	spec.Progress = events
	go func() {
		<-events.seen
		cancel()
	}()
	begun := time.Now()
	_, err := s.engine.Build(ctx, spec)
	wantErr(t, err, context.Canceled)
	if took := time.Since(begun); took > 3*prompt {
		t.Errorf("came back after %s", took)
	}
}

func (s *suite) buildCancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.engine.Build(ctx, s.spec(t, fromProbe, nil))
	wantErr(t, err, context.Canceled)
}

func (s *suite) secretMissing(t *testing.T) {
	spec := s.spec(t, fromProbe, nil)
	spec.Secrets = []engine.Secret{{ID: "token", File: filepath.Join(spec.Context, "nowhere")}}
	_, err := s.engine.Build(t.Context(), spec)
	wantSide(t, err, fault.Usage)

	spec.Secrets = []engine.Secret{{ID: "token", Env: "RETORT_ENGINETEST_NO_SUCH"}}
	_, err = s.engine.Build(t.Context(), spec)
	wantSide(t, err, fault.Usage)
	if err != nil && !strings.Contains(err.Error(), "RETORT_ENGINETEST_NO_SUCH") {
		t.Errorf("%v: does not name the variable", err)
	}
}
