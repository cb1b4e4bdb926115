package retort

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/step/test"
)

// What the engine cannot run is refused before anything is built: this Dockerfile
// would fail.
func TestSuitesAreRefusedBeforeTheBuild(t *testing.T) {
	t.Parallel()
	d := buildkitdtest.Start(t, buildkitdtest.Options{})
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Dockerfile": "FROM scratch\nCOPY missing /\n",
		"compose.yaml": `
name: shop
services:
  app: { image: 127.0.0.1:1/app, build: . }
  e2e:
    profiles: [test]
    build: .
    depends_on: [app]
    x-retort: { verifies: [app] }
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Open(t.Context(), Options{Dir: dir, Engine: d.Address, Env: []string{"HOME=" + dir}, CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	_, ran := p.Run(t.Context(), RunOptions{})
	_, tested := p.Test(t.Context(), TestOptions{})
	for name, err := range map[string]error{"run": ran, "test": tested} {
		if !errors.Is(err, engine.ErrUnsupported) || fault.SideOf(err) != fault.Usage ||
			!strings.Contains(err.Error(), "suite e2e") || !strings.Contains(fault.HintOf(err), "--oci-worker-net=bridge") {
			t.Errorf("%s gave %v with the hint %q; want the suite refused, and how to start buildkitd", name, err, fault.HintOf(err))
		}
	}
}

// A suite, the service beside it and its report, on a BuildKit daemon with a
// bridge: built there, tested there.
func TestSuiteWithServiceOnBuildKit(t *testing.T) {
	t.Parallel()
	d := buildkitdtest.Start(t, buildkitdtest.Options{Bridge: true})
	dir := probe.Context(t, probe.Dockerfile, map[string]string{"compose.yaml": `
name: shop
services:
  web:
    image: 127.0.0.1:1/web
    build: .
    command: [serve, "web:8080", 300ms]
    healthcheck: { test: [CMD, /probe, get, "http://web:8080/", 0s], interval: 100ms }
  e2e:
    profiles: [test]
    build: .
    command: [get, "http://web:8080/", ";", write, /reports/a.xml, '<testsuite name="e2e"><testcase name="a"/></testsuite>', ";", hang]
    depends_on: { web: { condition: service_healthy } }
    x-retort: { verifies: [web], reports: ["/reports/*.xml"], timeout: 3s }
`})
	p, err := Open(t.Context(), Options{Dir: dir, Engine: d.Address, Env: []string{"HOME=" + dir}, CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	if _, err := p.Build(t.Context(), BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	got, err := p.Test(t.Context(), TestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if o := got.Suites[0]; o.Verdict != test.TimedOut || !slices.Contains(o.Tail, "ok") {
		t.Errorf("the outcome is %+v; want it out of time, after what the service said", o)
	}
	if found, err := filepath.Glob(filepath.Join(dir, ".retort/reports/e2e/*.xml")); err != nil || len(found) == 0 {
		t.Errorf("no report came out: %v, %v", found, err)
	}
}
