package enginetest

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
)

// testSecrets: RUN can mount a secret, and nothing of the image holds it.
func (s *suite) testSecrets(t *testing.T) {
	const fromFile = "file-s3cr3t-value"
	spec := s.spec(t, fromProbe+`RUN --mount=type=secret,id=file,required=true ["/probe","cat","/run/secrets/file"]
RUN --mount=type=secret,id=env,required=true ["/probe","cat","/run/secrets/env"]
`, map[string]string{".dockerignore": "secrets\n", "secrets/token": fromFile})
	spec.Secrets = []engine.Secret{
		{ID: "file", File: filepath.Join(spec.Context, "secrets", "token")},
		// Parallel tests may not set the environment; this variable is always there.
		{ID: "env", Env: "PATH"},
	}
	spec.NoCache = true
	events := &recorder{}
	spec.Progress = events
	built := s.build(t, spec)
	for _, want := range []string{fromFile, os.Getenv("PATH")} {
		if lines := events.lines(); !slices.Contains(lines, want) {
			t.Errorf("RUN read %q, want the secret %q", lines, want)
		}
	}

	img := s.export(t, built.ID, engine.ExportOptions{})
	if config, err := img.RawConfigFile(); err != nil || bytes.Contains(config, []byte(fromFile)) {
		t.Errorf("config or history holds the secret (%v)", err)
	}
	eachLayer(t, img, func(content []byte) {
		if bytes.Contains(content, []byte(fromFile)) {
			t.Error("a layer holds the secret")
		}
	})
}

// eachLayer gives every layer's uncompressed bytes.
func eachLayer(t *testing.T, img v1.Image, look func([]byte)) {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		r, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
		look(content)
	}
}
