package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/mask"
)

// A key is read in every form that CI variables hold it in. One that is not
// recognised is a usage fault which does not show it, nor does anything else.
func TestSignerHidesTheKey(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	coded := base64.StdEncoding.EncodeToString([]byte(key))
	file := filepath.Join(t.TempDir(), "release.key")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		key    string
		flag   bool // given as --key, not as the variable
		fails  bool
		shown  bool // in the error
		masked string
	}{
		"PEM":                 {key: key, masked: key},
		"base64":              {key: coded, masked: coded},
		"base64 in lines":     {key: coded[:76] + "\n" + coded[76:] + "\n", masked: coded[:76]},
		"base64 for URLs":     {key: base64.RawURLEncoding.EncodeToString([]byte(key)), masked: key},
		"base64 as a flag":    {key: coded, flag: true, masked: coded},
		"a file":              {key: file, masked: key},
		"DER in base64":       {key: base64.StdEncoding.EncodeToString(der), fails: true, masked: base64.StdEncoding.EncodeToString(der)},
		"half a key":          {key: coded[:len(coded)/2-1], fails: true, masked: coded[:len(coded)/2-1]},
		"no such file":        {key: file + ".gone", fails: true, masked: file + ".gone"},
		"no such file, typed": {key: file + ".gone", flag: true, fails: true, shown: true},
	} {
		t.Run(name, func(t *testing.T) {
			value := test.key
			if test.flag {
				value = ""
			}
			t.Setenv(signingKey, value)
			s := &session{secrets: mask.NewSet()}
			signer, err := s.signer(test.key, "")
			if (err != nil) != test.fails || (signer == nil) != test.fails {
				t.Fatalf("signer %v, error %v", signer, err)
			}
			if test.fails && (fault.SideOf(err) != fault.Usage || strings.Contains(err.Error(), test.key) != test.shown) {
				t.Errorf("error is %v on side %v", err, fault.SideOf(err))
			}
			if test.masked != "" && strings.Contains(s.secrets.Text("key: "+test.masked), test.masked) {
				t.Errorf("%.20s… is shown", test.masked)
			}
		})
	}
}
