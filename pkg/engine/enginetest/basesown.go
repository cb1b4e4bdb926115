package enginetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

// What was built under a name is built upon by that name, without a registry: by
// FROM, COPY --from, and as a named context. No registry is said to hold it.
func (s *suite) baseOfStore(t *testing.T) {
	name := "retort.local/enginetest/own:" + s.owner.Run
	spec := s.spec(t, fromProbe+"COPY own /own\n", map[string]string{"own": "of the store " + s.owner.Run})
	spec.Tags = []string{name}
	below := diffIDs(t, s.export(t, s.build(t, spec).ID, engine.ExportOptions{}))

	upon := s.build(t, s.spec(t, "FROM "+name+"\nCOPY probe /upon\n", nil))
	if got := diffIDs(t, s.export(t, upon.ID, engine.ExportOptions{})); len(got) != len(below)+1 || !slices.Equal(got[:len(below)], below) {
		t.Errorf("the image's layers %v do not begin with %v", got, below)
	}
	for _, b := range upon.Bases {
		if b.Name != name || b.Digest != "" {
			t.Errorf("the base is %+v, want %s, which no registry has", b, name)
		}
	}
	copied := s.spec(t, "FROM scratch\nCOPY --from="+name+" /own /a\nCOPY --from=other /own /b\n", nil)
	copied.Contexts = map[string]string{"other": "docker-image://" + name}
	s.build(t, copied)
}

// A stage is a stage, though an image is tagged with its name: the image is what
// an earlier build of the same Dockerfile has left.
func (s *suite) baseNotOfStage(t *testing.T) {
	tag := "enginetest-own-" + strings.ToLower(s.owner.Run)
	dockerfile := "FROM scratch AS " + tag + "\nCOPY probe /probe\nENTRYPOINT [\"/probe\"]\nCOPY file /file\n"
	built := map[string]engine.BuildSpec{
		"itself": s.spec(t, dockerfile, map[string]string{"file": "new"}),
		"upon":   s.spec(t, dockerfile+"FROM "+tag+"\n", map[string]string{"file": "new"}),
		"copied": s.spec(t, dockerfile+fromProbe+"COPY --from="+tag+" /file /file\n", map[string]string{"file": "new"}),
		"inline": s.spec(t, "", map[string]string{"file": "new"}),
	}
	inline := built["inline"]
	inline.Inline = dockerfile
	built["inline"] = inline
	for name, spec := range built {
		old := s.spec(t, dockerfile, map[string]string{"file": "old"})
		old.Tags = []string{tag + ":latest"}
		s.build(t, old)
		spec.Tags = old.Tags
		if got := s.run(t, s.build(t, spec).ID, "cat", "/file"); got.stdout != "new" {
			t.Errorf("%s: the second build's image holds %q", name, got.stdout)
		}
	}
}
