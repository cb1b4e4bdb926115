package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/retort"
)

// maxKeyFile bounds a key's file, in bytes.
const maxKeyFile = 64 << 10

// signingKey is the variable of keyFlag.
const signingKey = "RETORT_SIGNING_KEY"

// pemBegin is in every key, whatever its kind.
const pemBegin = "-----BEGIN"

// keyFlag is of commands that attach evidence.
func keyFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "key", Usage: "sign evidence with the private key in `FILE`; its password is COSIGN_PASSWORD, and the variable may hold the key itself",
		EnvVars: []string{signingKey},
	}
}

// signing are the options of a command that has keyFlag.
func (s *session) signing() (retort.Options, error) {
	opts := s.options()
	var err error
	opts.Signer, err = s.signer(s.cli.String("key"), os.Getenv("COSIGN_PASSWORD"))
	return opts, err
}

// signer reads the key before any work is done. What is read is masked in all
// that is shown.
func (s *session) signer(key, password string) (*bundle.Signer, error) {
	if key == "" {
		return nil, nil //nolint:nilnil // without a key nothing is signed
	}
	s.secrets.Add(password)
	pem, err := s.keyText(key)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("--key: %w", err),
			"--key names a file; "+signingKey+" may hold the key itself, also in base64")
	}
	s.secrets.Add(string(pem))
	signer, err := bundle.ParseSigner(pem, []byte(password))
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	return signer, nil
}

// keyText is the key as PEM: in itself, in base64, or in the file of this name.
// CI variables hold keys in many forms, so one that leads to no file may be a key
// that nobody recognised: it is a secret, and no error names it.
func (s *session) keyText(key string) ([]byte, error) {
	if strings.Contains(key, pemBegin) {
		return []byte(key), nil
	}
	if pem := fromBase64(key); pem != nil {
		s.secrets.Add(key)
		return pem, nil
	}
	held := key == os.Getenv(signingKey)
	if _, err := os.Stat(key); err != nil && held {
		s.secrets.Add(key)
	}
	pem, err := readKey(key)
	if at, ok := errors.AsType[*fs.PathError](err); ok && held {
		err = fmt.Errorf("%s holds no key, nor the name of a file that can be read: %w", signingKey, at.Err)
	}
	return pem, err
}

// fromBase64 is the PEM of which text is base64, in one line or several; nil when
// it is none.
func fromBase64(text string) []byte {
	text = strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	for _, coding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if pem, err := coding.DecodeString(text); err == nil && strings.Contains(string(pem), pemBegin) {
			return pem
		}
	}
	return nil
}

// readKey reads a file with a key. One that is too long is refused by who parses
// it.
func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxKeyFile+1))
}
