package enginetest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

func (s *suite) testBases(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"mirror":          s.baseFromMirror,
		"own way":         s.baseByEngine,
		"named context":   s.baseAsContext,
		"engine's own":    s.baseOfStore,
		"name of a stage": s.baseNotOfStage,
		"resolver fails":  s.baseUnresolved,
		"nowhere":         s.baseNowhere,
		"registry away":   s.baseRegistryAway,
		"default labels":  s.baseLabels,
		"platform passed": s.basePlatform,
	})
}

// resolverFunc makes a BaseResolver of a function.
type resolverFunc func(ctx context.Context, ref, platform string) (*engine.Base, error)

func (f resolverFunc) ResolveBase(ctx context.Context, ref, platform string) (*engine.Base, error) {
	return f(ctx, ref, platform)
}

// mirrorOf answers for one reference, with an image in a registry of the test.
func mirrorOf(t *testing.T, ref string) (resolverFunc, engine.Base, v1.Image) {
	t.Helper()
	at := newRegistry(t) + "/library/base:1"
	img := pushBase(t, at, "base.txt", "of the mirror")
	config, err := img.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	base := engine.Base{Name: ref, Ref: at, Digest: digestOf(t, img), Config: config}
	return func(_ context.Context, asked, _ string) (*engine.Base, error) {
		if asked != ref {
			return nil, nil
		}
		return &base, nil
	}, base, img
}

const onBase = "FROM base:1\nCOPY probe /probe\nENTRYPOINT [\"/probe\"]\nRUN [\"/probe\",\"exists\",\"/base.txt\"]\n"

// The Dockerfile names Docker Hub, the mirror has it, and what was used is told.
func (s *suite) baseFromMirror(t *testing.T) {
	resolver, base, img := mirrorOf(t, "docker.io/library/base:1")
	spec := s.spec(t, onBase, nil)
	spec.Bases = resolver
	built := s.build(t, spec)
	if got := s.run(t, built.ID, "cat", "/base.txt"); got.stdout != "of the mirror" {
		t.Errorf("the base's file holds %q", got.stdout)
	}
	if len(built.Bases) != 1 {
		t.Fatalf("bases are %v, want one", built.Bases)
	}
	got := built.Bases[0]
	if got.Name != base.Name || got.Ref != base.Ref || got.Digest != base.Digest {
		t.Errorf("base is %s %s %s, want %s %s %s", got.Name, got.Ref, got.Digest, base.Name, base.Ref, base.Digest)
	}
	ours, theirs := diffIDs(t, s.export(t, built.ID, engine.ExportOptions{})), diffIDs(t, img)
	if len(ours) < len(theirs) || !slices.Equal(ours[:len(theirs)], theirs) {
		t.Errorf("the image's layers %v do not begin with the base's %v", ours, theirs)
	}
}

// Where the resolver has no answer the engine asks the registry itself.
func (s *suite) baseByEngine(t *testing.T) {
	at := newRegistry(t) + "/own/base:1"
	img := pushBase(t, at, "base.txt", "x")
	spec := s.spec(t, strings.Replace(onBase, "base:1", at, 1), nil)
	spec.Bases = resolverFunc(func(context.Context, string, string) (*engine.Base, error) { return nil, nil })
	built := s.build(t, spec)
	if len(built.Bases) != 1 || built.Bases[0].Name != at || built.Bases[0].Digest != digestOf(t, img) {
		t.Errorf("bases are %v, want %s@%s", built.Bases, at, digestOf(t, img))
	}
}

// An image can be a named context, too; it is a base like any other.
func (s *suite) baseAsContext(t *testing.T) {
	resolver, base, _ := mirrorOf(t, "docker.io/library/base:1")
	spec := s.spec(t, fromProbe+"COPY --from=other /base.txt /copied.txt\n", nil)
	spec.Contexts = map[string]string{"other": "docker-image://base:1"}
	spec.Bases = resolver
	built := s.build(t, spec)
	if len(built.Bases) != 1 || built.Bases[0].Digest != base.Digest {
		t.Errorf("bases are %v, want %s", built.Bases, base.Digest)
	}
}

// What a resolver says of an error stays: its side, its hint.
func (s *suite) baseUnresolved(t *testing.T) {
	away := errors.New("mirror is away")
	spec := s.spec(t, onBase, nil)
	spec.Bases = resolverFunc(func(context.Context, string, string) (*engine.Base, error) {
		return nil, fault.Wrap(fault.Infrastructure, away, "start the mirror")
	})
	_, err := s.engine.Build(t.Context(), spec)
	wantErr(t, err, away)
	wantSide(t, err, fault.Infrastructure)
}

func (s *suite) baseNowhere(t *testing.T) {
	ref := newRegistry(t) + "/no/such:1"
	be := s.failure(t, s.spec(t, "FROM "+ref+"\n", nil))
	if be.Line != 1 || !strings.Contains(be.Error(), ref) {
		t.Errorf("%v: want line 1 and %s", be, ref)
	}
}

// A registry that does not answer, or not to us, is not the Dockerfile's fault;
// the line is told all the same.
func (s *suite) baseRegistryAway(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer refusing.Close()
	for _, server := range []*httptest.Server{closed, refusing} {
		ref := strings.TrimPrefix(server.URL, "http://") + "/some/base:1"
		_, err := s.engine.Build(t.Context(), s.spec(t, "FROM "+ref+"\n", nil))
		wantSide(t, err, fault.Infrastructure)
		if be, ok := errors.AsType[*engine.BuildError](err); !ok || be.Line != 1 || !strings.Contains(be.Error(), ref) {
			t.Errorf("%v: want line 1 and %s", err, ref)
		}
		if fault.HintOf(err) == "" {
			t.Errorf("%v: has no hint", err)
		}
	}
}

// The base's labels describe the base.
func (s *suite) baseLabels(t *testing.T) {
	inspector := need[engine.Inspector](t, s)
	resolver, _, _ := mirrorOf(t, "docker.io/library/base:1")
	spec := s.spec(t, onBase, nil)
	spec.Bases, spec.Defaults = resolver, map[string]string{"of": "service"}
	info, err := inspector.InspectImage(t.Context(), s.build(t, spec).ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Labels["of"]; got != "service" {
		t.Errorf("label is %q, want the service's own", got)
	}
}

func (s *suite) basePlatform(t *testing.T) {
	resolver, _, _ := mirrorOf(t, "docker.io/library/base:1")
	var asked []string
	spec := s.spec(t, onBase, nil)
	spec.Bases = resolverFunc(func(ctx context.Context, ref, platform string) (*engine.Base, error) {
		asked = append(asked, platform)
		return resolver(ctx, ref, platform)
	})
	s.build(t, spec)
	if len(asked) == 0 || !strings.HasPrefix(asked[0], "linux/") {
		t.Errorf("asked for platforms %q", asked)
	}
}

func diffIDs(t *testing.T, img v1.Image) []v1.Hash {
	t.Helper()
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config.RootFS.DiffIDs
}
