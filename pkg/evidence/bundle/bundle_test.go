package bundle_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
)

// The keys and bundles in testdata were made once by cosign v2.6.5 and v3.1.3,
// against an embedded registry, without a network:
//
//	export COSIGN_PASSWORD='correct horse'
//	cosign generate-key-pair                              # cosign.key, cosign.pub
//	openssl genpkey -algorithm ed25519 -out ed.pem        # also RSA of 2048 bits, secp384r1
//	cosign import-key-pair -k ed.pem -o ed25519
//	cosign attest --key cosign.key --type https://in-toto.io/attestation/test-result/v0.1 \
//	    --predicate predicate.json --tlog-upload=false --new-bundle-format=true -y IMAGE@DIGEST
//
// v3 had --use-signing-config=false besides, and cosign-v2-legacy.json
// --new-bundle-format=false. Each file is the layer that cosign pushed.
const password = "correct horse"

var update = flag.Bool("update", false, "rewrite the golden files")

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func statement(t testing.TB) []byte {
	t.Helper()
	return testdata(t, "statement.json")
}

func signer(t testing.TB, name string) *bundle.Signer {
	t.Helper()
	s, err := bundle.ParseSigner(testdata(t, name+".key"), []byte(password))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func keys(t testing.TB, names ...string) bundle.Keys {
	t.Helper()
	var all bundle.Keys
	for _, name := range names {
		some, err := bundle.ParseKeys(name, testdata(t, name+".pub"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, some...)
	}
	return all
}

func sign(t testing.TB, s *bundle.Signer) []byte {
	t.Helper()
	data, err := s.Sign(statement(t))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSignAndOpen(t *testing.T) {
	all := keys(t, "cosign", "ed25519", "p384", "rsa")
	for _, name := range []string{"cosign", "ed25519", "p384", "rsa"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // scrypt takes its time
			s := signer(t, name)
			data := sign(t, s)
			got, by, err := bundle.Open(data, all)
			if err != nil || by != name || !bytes.Equal(got, statement(t)) {
				t.Errorf("got %.50s by %q, %v", got, by, err)
			}
			if unverified, err := bundle.Unverified(data); err != nil || !bytes.Equal(unverified, got) {
				t.Errorf("unverified it is %.50s, %v", unverified, err)
			}
			if !bytes.Equal(s.Key().PEM(), testdata(t, name+".pub")) {
				t.Errorf("public key is %s", s.Key().PEM())
			}
			if !bytes.Equal(sign(t, s), data) {
				t.Error("signed again it is another bundle")
			}
		})
	}
}

// TestBundleFormat holds the bytes that go into registries.
func TestBundleFormat(t *testing.T) {
	t.Parallel()
	got := sign(t, signer(t, "cosign"))
	if *update {
		if err := os.WriteFile("testdata/bundle.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := testdata(t, "bundle.json"); !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOpenWhatCosignMade(t *testing.T) {
	for name, key := range map[string]string{
		"cosign-v2": "cosign", "cosign-v3": "cosign", "cosign-v2-legacy": "cosign",
		"cosign-ed25519": "ed25519", "cosign-p384": "p384", "cosign-rsa": "rsa",
	} {
		t.Run(name, func(t *testing.T) {
			statement, by, err := bundle.Open(testdata(t, name+".json"), keys(t, "cosign", "ed25519", "p384", "rsa"))
			if err != nil || by != key {
				t.Fatalf("signed by %q, %v", by, err)
			}
			result, err := evidence.ParseTestResult(statement)
			if err != nil || !result.Passed || result.Suite.Name != "e2e" || len(result.Subjects) != 1 {
				t.Errorf("read %+v, %v", result, err)
			}
		})
	}
}

func TestSignOnlyStatements(t *testing.T) {
	s, err := bundle.NewSigner(p256())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "{}", "hello", string(sign(t, s))} {
		if data, err := s.Sign([]byte(text)); err == nil {
			t.Errorf("%.50q was signed: %s", text, data)
		}
	}
}
