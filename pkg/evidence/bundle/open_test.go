package bundle_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/fault"
)

// TestOpenRefuses changes one thing of a good bundle.
func TestOpenRefuses(t *testing.T) {
	good := string(testdata(t, "bundle.json"))
	tests := map[string]struct {
		old, new string
		keys     []string
		want     error
		text     string
	}{
		"a version to come":      {"bundle.v0.3+json", "bundle.v0.4+json", nil, bundle.ErrVersion, "v0.4"},
		"another media type":     {"vnd.dev.sigstore.bundle.v0.3", "vnd.example", nil, bundle.ErrVersion, "vnd.example"},
		"another payload":        {`"payload":"ey`, `"payload":"eX`, nil, bundle.ErrSignature, "names key cosign, which did not sign this"},
		"another payload type":   {"vnd.in-toto+json", "vnd.example+json", nil, bundle.ErrStatement, "vnd.example+json"},
		"another signature":      {`"sig":"MEU`, `"sig":"MEV`, nil, bundle.ErrSignature, "names key cosign"},
		"a key not believed":     {"", "", []string{"rsa", "ed25519"}, bundle.ErrSignature, "none of rsa, ed25519, but by a key with the hint"},
		"no keys":                {"", "", []string{}, bundle.ErrSignature, "no key to verify it with"},
		"no signature":           {`"signatures":[`, `"none":[`, nil, bundle.ErrStatement, "0 signatures"},
		"two signatures":         {`"signatures":[`, `"signatures":[{"sig":"AA=="},`, nil, bundle.ErrStatement, "2 signatures"},
		"signatures twice":       {`"signatures":[`, `"signatures":[],"signatures":[`, nil, bundle.ErrStatement, "duplicate"},
		"a signature of a file":  {`"dsseEnvelope":`, `"messageSignature":{},"x":`, nil, bundle.ErrStatement, "payload type"},
		"nothing in it":          {`"dsseEnvelope":`, `"x":`, nil, bundle.ErrStatement, "payload type"},
		"something behind it":    {good, good + "{}", nil, bundle.ErrStatement, "unexpected token"},
		"not base64":             {`"payload":"ey`, `"payload":"!!`, nil, bundle.ErrStatement, "invalid value"},
		"a bare statement":       {good, string(statement(t)), nil, bundle.ErrStatement, "payload type"},
		"not JSON":               {"{", "<", nil, bundle.ErrStatement, "syntax error"},
		"more than one would do": {"{", "{" + strings.Repeat(" ", 8<<20), nil, bundle.ErrStatement, "at most"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, tc.old, tc.new, 1)
			if bad == good && tc.keys == nil {
				t.Fatalf("%q is not in %s", tc.old, good)
			}
			if tc.keys == nil {
				tc.keys = []string{"rsa", "cosign"}
			}
			statement, by, err := bundle.Open([]byte(bad), keys(t, tc.keys...))
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) || statement != nil || by != "" {
				t.Errorf("got %.50s by %q, %v; want %v with %q", statement, by, err, tc.want, tc.text)
			}
		})
	}
}

func TestASignatureThatDoesNotVerifyIsPolicy(t *testing.T) {
	_, _, err := bundle.Open(testdata(t, "bundle.json"), nil)
	if fault.SideOf(err) != fault.Policy {
		t.Errorf("side is %s", fault.SideOf(err))
	}
}

// Whatever byte is changed on the way: what is opened is what was signed.
func TestNoByteCanBeChanged(t *testing.T) {
	good := testdata(t, "bundle.json")
	trusted := keys(t, "cosign")
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if got, _, err := bundle.Open(bad, trusted); err == nil && !bytes.Equal(got, statement(t)) {
			t.Fatalf("byte %d is not %c, and it opens as %s", i, good[i], got)
		}
	}
}

func TestOlderBundles(t *testing.T) {
	good := testdata(t, "bundle.json")
	for _, version := range []string{"0.1", "0.2", "0.3"} {
		old := bytes.Replace(good, []byte("bundle.v0.3+json"), []byte("bundle+json;version="+version), 1)
		if _, by, err := bundle.Open(old, keys(t, "cosign")); by != "cosign" || err != nil {
			t.Errorf("%s: signed by %q, %v", version, by, err)
		}
	}
}

// FuzzOpen checks that nothing but what was signed comes out of a bundle.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"bundle", "cosign-v2", "cosign-v3", "cosign-v2-legacy", "cosign-ed25519", "cosign-p384", "cosign-rsa"} {
		f.Add(testdata(f, name+".json"))
	}
	trusted := keys(f, "cosign", "ed25519", "p384", "rsa")
	made := map[string]bool{string(statement(f)): true}
	for _, name := range []string{"cosign-v2", "cosign-v3", "cosign-v2-legacy", "cosign-ed25519", "cosign-p384", "cosign-rsa"} {
		statement, err := bundle.Unverified(testdata(f, name+".json"))
		if err != nil {
			f.Fatal(err)
		}
		made[string(statement)] = true
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, legacyErr := bundle.Legacy(data)
		statement, by, err := bundle.Open(data, trusted)
		if err != nil {
			return
		}
		if !made[string(statement)] || by == "" {
			t.Fatalf("%s opens as %s by %q", data, statement, by)
		}
		if legacyErr != nil {
			t.Fatalf("%s opens, but has no legacy form: %v", data, legacyErr)
		}
	})
}
