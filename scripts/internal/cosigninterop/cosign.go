package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const password = "correct horse battery staple"

// emptyRoot trusts no transparency log and no authority. cosign wants a trusted
// root for bundles even where a key is all that it needs, and would fetch one.
const emptyRoot = `{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}`

// cosign is one version of it, with a key pair in a directory of its own.
type cosign struct {
	binary, version string
	dir             string
}

// newCosign makes the directory below parent, and cosign makes the key pair.
func newCosign(ctx context.Context, binary, parent string) (cosign, error) {
	path, err := filepath.Abs(binary)
	if err != nil {
		return cosign{}, err
	}
	dir, err := os.MkdirTemp(parent, "cosign-")
	if err != nil {
		return cosign{}, err
	}
	c := cosign{binary: path, dir: dir}
	out, err := c.run(ctx, "version", "--json")
	if err != nil {
		return cosign{}, err
	}
	var version struct{ GitVersion string }
	if err := json.Unmarshal([]byte(out), &version); err != nil {
		return cosign{}, err
	}
	c.version = version.GitVersion
	if err := os.WriteFile(c.file("root.json"), []byte(emptyRoot), 0o600); err != nil {
		return cosign{}, err
	}
	_, err = c.run(ctx, "generate-key-pair")
	return c, err
}

func (c cosign) file(name string) string { return filepath.Join(c.dir, name) }

// run gives stdout. Whatever is not on this machine goes to a proxy that does
// not answer, so that a need for the network shows at once.
func (c cosign) run(ctx context.Context, args ...string) (string, error) {
	const away = "http://127.0.0.1:1"
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.binary, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, &stdout, &stderr
	cmd.Env = []string{
		"HOME=" + c.dir, "DOCKER_CONFIG=" + c.dir, "COSIGN_PASSWORD=" + password,
		"HTTP_PROXY=" + away, "HTTPS_PROXY=" + away,
	}
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("cosign %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return stdout.String(), nil
}

// form is how cosign stores an attestation.
type form string

const (
	bundles form = "--new-bundle-format=true"
	legacy  form = "--new-bundle-format=false"
)

// verify gives the statements' envelopes that cosign prints, having verified them
// with the public key in the file.
func (c cosign) verify(ctx context.Context, f form, key, predicateType, image string) (string, error) {
	return c.run(ctx, "verify-attestation", string(f), "--key", key, "--type", predicateType,
		"--trusted-root", c.file("root.json"), "--insecure-ignore-tlog", image)
}

// attest has cosign sign the predicate in the file and push it.
func (c cosign) attest(ctx context.Context, f form, predicate, predicateType, image string) error {
	args := []string{
		"attest", string(f), "--key", c.file("cosign.key"), "--type", predicateType,
		"--predicate", predicate, "--tlog-upload=false", "--yes",
	}
	if strings.HasPrefix(c.version, "v3") {
		args = append(args, "--use-signing-config=false") // it would be fetched
	}
	_, err := c.run(ctx, append(args, image)...)
	return err
}
