package retort

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
)

// A statement that nobody signed may carry a bundle that somebody signed, about
// another image: that signs nothing about this one.
func TestVerifyTellsCarriedSignatures(t *testing.T) {
	w := newTested(t)
	signer, keys := newKey(t, "release.pub")
	_, digest, _ := cutDigest(w.image)
	signed, err := signer.Sign(provenanceOf(t, "sha256:"+strings.Repeat("0", 64), "main"))
	if err != nil {
		t.Fatal(err)
	}
	both := map[string]any{}
	for _, text := range [][]byte{signed, provenanceOf(t, digest, "main")} {
		fields := map[string]any{}
		if err := json.Unmarshal(text, &fields); err != nil {
			t.Fatal(err)
		}
		maps.Copy(both, fields)
	}
	data, err := json.Marshal(both)
	if err != nil {
		t.Fatal(err)
	}
	w.attach(t, w.image, evidence.MediaType, data)
	w.attach(t, w.image, bundle.MediaType, signed)
	v, err := w.Verify(t.Context(), VerifyOptions{Ref: w.image, Keys: keys})
	if err != nil || v.Err() == nil {
		t.Errorf("refusal is %v, error %v", v.Err(), err)
	}
	if len(v.Evidence) != 2 {
		t.Errorf("evidence is %+v", v.Evidence)
	}
}
