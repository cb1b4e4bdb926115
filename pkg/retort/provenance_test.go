package retort

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// provenanceOf says that the digest was built from a branch.
func provenanceOf(t *testing.T, digest, branch string) []byte {
	t.Helper()
	statement, err := evidence.Provenance{
		Subjects: []evidence.Subject{{Name: "orders", Digest: digest}},
		Builder:  "https://ci.example.com/",
		Source:   evidence.Source{Branch: branch, Commit: commit},
	}.Statement()
	if err != nil {
		t.Fatal(err)
	}
	return statement
}

func (b *bench) attach(t *testing.T, image, mediaType string, data []byte) {
	t.Helper()
	_, err := b.registry.Attach(t.Context(), image, registry.Artifact{Type: mediaType, MediaType: mediaType, Data: data})
	if err != nil {
		t.Fatal(err)
	}
}

// Provenance counts, plain and signed, when it is about the digest. Other evidence
// is none, and what cannot be read is told.
func TestBuiltFrom(t *testing.T) {
	b := newBench(t, "orders")
	digest := b.push(t, b.addr+"/shop/orders:main")
	image := b.addr + "/shop/orders@" + digest
	if builds, err := (&witness{p: b.Pipeline}).builtFrom(t.Context(), image); err != nil || len(builds) > 0 {
		t.Errorf("without provenance it is %v, %v", builds, err)
	}
	verdict, err := evidence.TestResult{
		Subjects: []evidence.Subject{{Name: "orders", Digest: digest}}, Suite: evidence.Subject{Name: "unit", Digest: digest}, Passed: true,
	}.Statement()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := bundle.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(provenanceOf(t, digest, "signed"))
	if err != nil {
		t.Fatal(err)
	}
	b.attach(t, image, evidence.MediaType, verdict)
	b.attach(t, image, evidence.MediaType, provenanceOf(t, digest, "main"))
	b.attach(t, image, bundle.MediaType, signed)
	modified, err := evidence.Provenance{
		Subjects: []evidence.Subject{{Name: "orders", Digest: digest}}, Builder: "https://ci.example.com/",
		Source: evidence.Source{Branch: "topic", Commit: commit, Modified: true},
	}.Statement()
	if err != nil {
		t.Fatal(err)
	}
	b.attach(t, image, evidence.MediaType, modified)
	b.attach(t, image, evidence.MediaType, provenanceOf(t, "sha256:"+strings.Repeat("0", 64), "elsewhere"))
	b.attach(t, image, evidence.MediaType, []byte("{}"))
	b.attach(t, image, bundle.MediaType, []byte("{}"))
	builds, err := (&witness{p: b.Pipeline}).builtFrom(t.Context(), image)
	slices.SortFunc(builds, func(a, b promote.Built) int { return strings.Compare(a.Branch, b.Branch) })
	if got := fmt.Sprint(builds); err != nil || got != "[branch main branch signed branch topic, with changes that no commit holds]" {
		t.Errorf("built from %s, %v", got, err)
	}
	told := strings.Join(b.told.warnings, "\n")
	if len(b.told.warnings) != 3 || strings.Count(told, "is left out of account") != 3 || !strings.Contains(told, "it is not about "+digest) {
		t.Errorf("told:\n%s", told)
	}
}

func TestBuiltFromNowhere(t *testing.T) {
	b := newBench(t, "orders")
	if builds, err := (&witness{p: b.Pipeline}).builtFrom(t.Context(), "127.0.0.1:1/shop/orders@sha256:"+strings.Repeat("0", 64)); err == nil {
		t.Errorf("a registry that is away gives %v", builds)
	}
}
