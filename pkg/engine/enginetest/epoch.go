package enginetest

import (
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

// testEpoch: SOURCE_DATE_EPOCH is the image's date, and what a commit gives is
// one image, however often it is built. It copies what no other test does: of
// builds that copy the same content at the same time, BuildKit gives one the
// other's file, which may be of another date.
func (s *suite) testEpoch(t *testing.T) {
	spec := s.spec(t, "FROM scratch\nCOPY file /file\nWORKDIR /work\n", map[string]string{"file": s.owner.Run})
	spec.Epoch, spec.NoCache = time.Unix(1_700_000_000, 0), true
	first := s.build(t, spec)

	config, err := s.export(t, first.ID, engine.ExportOptions{}).ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if !config.Created.Equal(spec.Epoch) {
		t.Errorf("created %s, want %s", config.Created, spec.Epoch.UTC())
	}
	if second := s.build(t, spec); second.ID != first.ID {
		t.Errorf("built anew it is %s, before it was %s", second.ID, first.ID)
	}
}
