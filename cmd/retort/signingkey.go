package main

import (
	"fmt"
	"io"
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
	pem := []byte(key)
	if !strings.Contains(key, "-----BEGIN") {
		var err error
		if pem, err = readKey(key); err != nil {
			return nil, fault.Wrap(fault.Usage, fmt.Errorf("--key: %w", err), "--key names a file; "+signingKey+" may hold the key itself")
		}
	}
	s.secrets.Add(string(pem))
	signer, err := bundle.ParseSigner(pem, []byte(password))
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	return signer, nil
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
