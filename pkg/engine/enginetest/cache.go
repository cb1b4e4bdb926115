package enginetest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

func (s *suite) testCache(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"inline":       s.cacheInline,
		"registry":     s.cacheToRegistry,
		"local":        s.cacheToDirectory,
		"not there":    s.cacheNowhere,
		"no such type": s.cacheUnknown,
	})
}

// cacheInline: the cache inside of an image is one that every engine can make, and
// the image is as good.
func (s *suite) cacheInline(t *testing.T) {
	spec := s.spec(t, fromProbe, map[string]string{"unique": t.Name()})
	spec.CacheTo = []string{"type=inline"}
	s.build(t, spec)
}

func (s *suite) cacheToRegistry(t *testing.T) {
	ref := newRegistry(t) + "/cache:1"
	s.cacheExport(t, "type=registry,mode=max,ref="+ref)
	remoteDigest(t, ref)
}

func (s *suite) cacheToDirectory(t *testing.T) {
	dir := t.TempDir()
	s.cacheExport(t, "type=local,dest="+dir)
	if _, err := os.Stat(filepath.Join(dir, "index.json")); err != nil {
		t.Errorf("the build left no cache: %v", err)
	}
}

// cacheExport: an engine that cannot leave its cache there says so before anything
// is built. The rest of the test is for one that can.
func (s *suite) cacheExport(t *testing.T, to string) {
	t.Helper()
	spec := s.spec(t, fromProbe, nil)
	events := &recorder{}
	spec.CacheTo, spec.Progress = []string{to}, events
	_, err := s.engine.Build(t.Context(), spec)
	if err == nil {
		return
	}
	wantErr(t, err, engine.ErrUnsupported)
	if fault.HintOf(err) == "" || len(events.events) > 0 {
		t.Errorf("%v: hint %q after %d events", err, fault.HintOf(err), len(events.events))
	}
	t.Skip(err)
}

// cacheNowhere: a cache that is not there yet is no error: the first build of all
// finds none.
func (s *suite) cacheNowhere(t *testing.T) {
	spec := s.spec(t, fromProbe, nil)
	spec.CacheFrom = []string{newRegistry(t) + "/no/cache:1", "type=local,src=" + t.TempDir()}
	s.build(t, spec)
}

func (s *suite) cacheUnknown(t *testing.T) {
	for _, text := range []string{"type=carrier-pigeon", "type=registry", "type=local", "a,b", "type=inline,x", `"`} {
		for _, spec := range []engine.BuildSpec{{CacheFrom: []string{text}}, {CacheTo: []string{text}}} {
			spec.Context, spec.Inline = t.TempDir(), "FROM scratch\n"
			_, err := s.engine.Build(t.Context(), spec)
			if wantSide(t, err, fault.Usage); errors.Is(err, engine.ErrBuild) {
				t.Errorf("%s: %v, which is no fault of the Dockerfile's", text, err)
			}
		}
	}
}
