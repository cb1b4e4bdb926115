package bundle_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
)

// The annotations are those that cosign v2.6.5 and v3.1.3 were seen to write.
func TestAnnotations(t *testing.T) {
	at := time.Date(2026, 11, 24, 16, 40, 39, 5, time.FixedZone("CET", 3600))
	got := bundle.Annotations(evidence.TestResultType, at)
	want := map[string]string{
		"dev.sigstore.bundle.content":       "dsse-envelope",
		"dev.sigstore.bundle.predicateType": "https://in-toto.io/attestation/test-result/v0.1",
		"org.opencontainers.image.created":  "2026-11-24T15:40:39Z",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestLegacy(t *testing.T) {
	made := testdata(t, "cosign-v2-legacy.json")
	layer, err := bundle.Legacy(made) // of what is one already
	if err != nil || layer.MediaType != "application/vnd.dsse.envelope.v1+json" || layer.Annotations["predicateType"] != evidence.TestResultType {
		t.Fatalf("got %+v, %v", layer, err)
	}
	if !bytes.Equal(layer.Data, made) {
		t.Errorf("got\n%s\ncosign made\n%s", layer.Data, made)
	}
	layer, err = bundle.Legacy(testdata(t, "bundle.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got, by, err := bundle.Open(layer.Data, keys(t, "cosign")); by != "cosign" || err != nil || !bytes.Equal(got, statement(t)) {
		t.Errorf("signed by %q, %v", by, err)
	}
	if _, err := bundle.Legacy([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{}]}`)); !errors.Is(err, bundle.ErrStatement) {
		t.Errorf("got %v", err)
	}
	if got := bundle.LegacyTag("sha256:12"); got != "sha256-12.att" {
		t.Errorf("tag is %s", got)
	}
}
