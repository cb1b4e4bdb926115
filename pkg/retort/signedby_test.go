package retort

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/state"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// newKey gives a signer, and its public key under the name.
func newKey(t *testing.T, name string) (*bundle.Signer, bundle.Keys) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := bundle.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := bundle.ParseKeys(name, signer.Key().PEM())
	if err != nil {
		t.Fatal(err)
	}
	return signer, keys
}

// tested is an image that was built and has passed the suite unit here.
type tested struct {
	*bench
	image string // repository@digest
	run   state.Run
}

func newTested(t *testing.T) *tested {
	t.Helper()
	b := newBench(t, "orders")
	img := image(t)
	config, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	repository := b.service("orders").Image
	s := builtEntry(config.String(), time.Second)
	s.Build = b.buildOf(state.Service{}, s, b.service("orders"))
	return &tested{b, repository + "@" + b.pushImage(t, img, repository+":1"), state.Run{
		Services: map[string]state.Service{"orders": s},
		Suites: map[string]state.Suite{"unit": {
			Verdict: state.Passed, Image: imageID, Verifies: map[string]string{"orders": config.String()}, Started: s.Built,
		}},
	}}
}

// attachAs attaches provenance and verdict, signed unless the signer is nil.
func (w *tested) attachAs(t *testing.T, s *bundle.Signer) {
	t.Helper()
	w.opts.Signer = s
	for _, attach := range []func() error{
		func() error { return w.attachProvenance(t.Context(), w.run, "orders", w.image) },
		func() error { return w.attachEvidence(t.Context(), w.run, "orders", w.image) },
	} {
		if err := attach(); err != nil {
			t.Fatal(err)
		}
	}
}

// keepReports writes the suite's reports into the workspace.
func (w *tested) keepReports(t *testing.T, xml string) {
	t.Helper()
	if _, err := w.state.Write("evidence/unit.xml", []byte(xml)); err != nil {
		t.Fatal(err)
	}
	unit := w.run.Suites["unit"]
	unit.Evidence = ".retort/evidence/unit.xml"
	w.run.Suites["unit"] = unit
}

// ask gives the verdict of the gate.
func ask(t *testing.T, w *tested, g promote.Gate) promote.Verdict {
	t.Helper()
	v, err := g.Ask(t.Context(), promote.Edge{Service: "orders", Environment: "production", From: w.image})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSignedBy(t *testing.T) {
	for name, test := range map[string]struct {
		attach func(*testing.T, *tested, *bundle.Signer)
		reason string // a part of it; of an allowed one all
		suite  string // why the verdict does not count
	}{
		"signed":  {func(t *testing.T, w *tested, s *bundle.Signer) { w.attachAs(t, s) }, "provenance is signed by keys/release.pub", ""},
		"nothing": {func(*testing.T, *tested, *bundle.Signer) {}, "is signed by keys/release.pub: there is none", ""},
		"not signed": {
			func(t *testing.T, w *tested, _ *bundle.Signer) { w.attachAs(t, nil) },
			"there is one, but not signed", "not signed",
		},
		"by another key": {
			func(t *testing.T, w *tested, _ *bundle.Signer) {
				other, _ := newKey(t, "")
				w.attachAs(t, other)
			},
			"by none of keys/release.pub, but by a key with the hint", "by none of keys/release.pub",
		},
		"signed after not signed": {
			func(t *testing.T, w *tested, s *bundle.Signer) {
				w.attachAs(t, nil)
				w.attachAs(t, s)
			},
			"provenance is signed by keys/release.pub", "",
		},
		"about another image": {func(t *testing.T, w *tested, s *bundle.Signer) {
			elsewhere := newTestedBeside(t, w)
			elsewhere.attachAs(t, s)
			for _, a := range w.artifacts(t, elsewhere.image, bundle.MediaType) {
				if _, err := w.registry.Attach(t.Context(), w.image, a); err != nil {
					t.Fatal(err)
				}
			}
		}, "a statement that is broken: it is not about sha256:", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTested(t)
			signer, own := newKey(t, "keys/release.pub")
			test.attach(t, w, signer)
			heard := &witness{p: w.Pipeline, keys: own}
			v := ask(t, w, heard.signedBy())
			if !strings.Contains(v.Reason, test.reason) || v.Allowed != (v.Reason == test.reason) || v.Allowed != (v.Remedy == "") {
				t.Errorf("verdict is %+v", v)
			}
			passed, err := heard.passedSuites(t.Context(), w.image)
			if err != nil || passed["unit"] != v.Allowed {
				t.Errorf("passed are %v, %v", passed, err)
			}
			why, err := heard.uncounted(t.Context(), w.image, "unit")
			if err != nil || !strings.Contains(why, test.suite) {
				t.Errorf("the verdict does not count: %q, %v", why, err)
			}
		})
	}
}

// newTestedBeside is another image in the same repository.
func newTestedBeside(t *testing.T, w *tested) *tested {
	t.Helper()
	beside := *w
	img := image(t)
	config, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	repository := w.service("orders").Image
	beside.image = repository + "@" + w.pushImage(t, img, repository+":2")
	s := builtEntry(config.String(), time.Second)
	s.Build = w.buildOf(state.Service{}, s, w.service("orders"))
	unit := w.run.Suites["unit"]
	unit.Verifies = map[string]string{"orders": config.String()}
	beside.run = state.Run{Services: map[string]state.Service{"orders": s}, Suites: map[string]state.Suite{"unit": unit}}
	return &beside
}

// What is signed is attached once, and its reports lie beside it, found by the
// digest that the signed statement names.
func TestSignedReports(t *testing.T) {
	w := newTested(t)
	w.keepReports(t, `<testsuite name="unit"><testcase name="TestOne"/></testsuite>`)
	signer, keys := newKey(t, "release.pub")
	w.attachAs(t, signer)
	w.attachAs(t, signer)
	if n := len(w.artifacts(t, w.image)); n != 3 {
		t.Errorf("the image has %d referrers, want provenance, verdict and reports", n)
	}
	for _, a := range w.artifacts(t, w.image, bundle.MediaType) {
		if len(a.Extra) > 0 || a.MediaType != bundle.MediaType || a.Annotations["dev.sigstore.bundle.predicateType"] == "" {
			t.Errorf("cosign would not find %+v", a)
		}
	}
	// Reports that are not those of the statement are not taken for them.
	_, err := w.registry.Attach(t.Context(), w.image, registry.Artifact{Type: reportsType, MediaType: junitType, Data: []byte("<testsuite/>")})
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := w.proofs(t.Context(), "test", w.image, keys)
	if err == nil {
		err = w.withReports(t.Context(), w.image, proofs)
	}
	if err != nil || len(proofs) != 1 {
		t.Fatalf("got %+v, %v", proofs, err)
	}
	if got := string(proofs[0].junit); !strings.Contains(got, "TestOne") || proofs[0].PassedTests[0] != "TestOne" {
		t.Errorf("reports are %q, tests %v", got, proofs[0].PassedTests)
	}
}

// Where the pipeline signs, a verdict that it did not sign does not stand for a
// run of now: it would become one that it did.
func TestOwnKey(t *testing.T) {
	w := newTested(t)
	w.attachAs(t, nil)
	for signed, want := range map[bool]int{false: 1, true: 0} {
		w.opts.Signer = nil
		if signed {
			w.opts.Signer, _ = newKey(t, "")
		}
		past := &pastRuns{p: w.Pipeline}
		if got, err := past.about(t.Context(), w.image); err != nil || len(got) != want {
			t.Errorf("with a key %v: %d runs (%v), want %d", signed, len(got), err, want)
		}
	}
}

// An old pass cannot be put over a new failure by what nobody signed.
func TestOrderIsSigned(t *testing.T) {
	w := newTested(t)
	signer, keys := newKey(t, "release.pub")
	w.attachAs(t, signer)
	old := w.artifacts(t, w.image, bundle.MediaType)
	unit := w.run.Suites["unit"]
	unit.Verdict, unit.Started = state.Failed, unit.Started.Add(time.Hour)
	w.run.Suites["unit"] = unit
	w.attachAs(t, signer)
	for _, a := range old {
		a.Annotations = maps.Clone(a.Annotations)
		a.Annotations[created] = unit.Started.Add(time.Hour).Format(time.RFC3339Nano)
		if _, err := w.registry.Attach(t.Context(), w.image, a); err != nil {
			t.Fatal(err)
		}
	}
	passed, err := (&witness{p: w.Pipeline, keys: keys}).passedSuites(t.Context(), w.image)
	if err != nil || !maps.Equal(passed, map[string]bool{"unit": false}) {
		t.Errorf("passed are %v, %v", passed, err)
	}
}

// What cosign signed before it had bundles counts, where keys are asked for.
func TestLegacyAttestations(t *testing.T) {
	w := newTested(t)
	signer, keys := newKey(t, "release.pub")
	provenance := statedProvenance(w.run, "orders")
	repository, digest, _ := strings.Cut(w.image, "@")
	provenance.Subjects = []evidence.Subject{{Name: repository, Digest: digest}}
	statement, err := provenance.Statement()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(statement)
	if err != nil {
		t.Fatal(err)
	}
	layer, err := bundle.Legacy(signed)
	if err != nil {
		t.Fatal(err)
	}
	holder, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1),
		mutate.Addendum{Layer: static.NewLayer(layer.Data, types.MediaType(layer.MediaType)), Annotations: layer.Annotations},
		mutate.Addendum{Layer: static.NewLayer([]byte("other"), types.OCILayer)})
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(repository + ":" + bundle.LegacyTag(digest))
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, holder, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
	if v := ask(t, w, (&witness{p: w.Pipeline, keys: keys}).signedBy()); !v.Allowed {
		t.Errorf("verdict is %+v", v)
	}
	if all, err := w.attestations(t.Context(), w.image, nil); err != nil || len(all) != 0 {
		t.Errorf("without keys there are %d, %v", len(all), err)
	}
}

// In a rollback the keys are asked again, and the suites are not.
func TestRollbackGates(t *testing.T) {
	w := newTested(t)
	env := project.Environment{Name: "production"}
	names := func() string {
		var all []string
		for _, g := range w.rollbackGates(env, w.registry) {
			all = append(all, g.Name())
		}
		return strings.Join(all, " ")
	}
	if got := names(); strings.Contains(got, "signed-by") {
		t.Errorf("gates without keys are %s", got)
	}
	_, env.SignedBy = newKey(t, "release.pub")
	if got := names(); !strings.Contains(got, "signed-by") || strings.Contains(got, "requires") {
		t.Errorf("gates with keys are %s", got)
	}
}

// What a rollback reads must not be left behind.
func TestSignedByNeedsReferrers(t *testing.T) {
	_, keys := newKey(t, "release.pub")
	for name, test := range map[string]struct {
		env    project.Environment
		refuse bool
	}{
		"no keys":             {project.Environment{Repository: "r.example.com/prod/{{.Service}}"}, false},
		"the same repository": {project.Environment{SignedBy: keys}, false},
		"one of its own":      {project.Environment{SignedBy: keys, Repository: "r.example.com/prod/{{.Service}}"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "orders")
			test.env.Name, test.env.Tag = "production", "live"
			b.Project.Environments = []project.Environment{test.env}
			refused := func(err error) bool {
				return fault.SideOf(err) == fault.Usage && strings.Contains(fault.HintOf(err), "--no-referrers")
			}
			_, err := b.Promote(t.Context(), PromoteOptions{To: "production", NoReferrers: true})
			if refused(err) != test.refuse {
				t.Errorf("promote: %v", err)
			}
			if !test.refuse {
				return
			}
			if r, err := b.Run(t.Context(), RunOptions{To: "production", NoReferrers: true}); !refused(err) || len(r.Stages) > 0 {
				t.Errorf("run: %v after %d stages", err, len(r.Stages))
			}
		})
	}
}
