package registry

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/docker/cli/cli/config"
	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/retort-ci/retort/pkg/fault"
)

// credentials gives the keychain, the docker config's when there is none.
//
// authn.DefaultKeychain reads $DOCKER_CONFIG/config.json, else
// ~/.docker/config.json, with credHelpers and credsStore, and where neither
// file exists $REGISTRY_AUTH_FILE or podman's containers/auth.json. It asks for
// the repository's credentials first, then for the registry's.
//
// A helper that takes longer than limit is given up. secret, if not nil, is told
// of every password and token that is found.
func credentials(given authn.Keychain, limit time.Duration, secret func(string)) authn.Keychain {
	k := keychain{next: authn.DefaultKeychain, source: configPath(), limit: cmp.Or(limit, helperLimit), secret: secret}
	if given != nil {
		k.next, k.source = given, "the keychain that the program gave"
	}
	return k
}

// helperLimit is how long a credential helper may take. One that waits for a
// person to type something waits for ever in CI.
const helperLimit = 30 * time.Second

// keychain tells failures to read credentials with the place they are in.
type keychain struct {
	next   authn.Keychain
	source string
	limit  time.Duration
	secret func(string)
}

var (
	_ authn.Keychain        = keychain{}
	_ authn.ContextKeychain = keychain{}
)

// Resolve is ResolveContext without a context.
func (k keychain) Resolve(target authn.Resource) (authn.Authenticator, error) {
	return k.ResolveContext(context.Background(), target)
}

// ResolveContext finds the credentials for target, Anonymous when there are none.
func (k keychain) ResolveContext(ctx context.Context, target authn.Resource) (authn.Authenticator, error) {
	found := make(chan resolved, 1) // a helper that is given up may still answer
	go func() { found <- k.resolve(ctx, target) }()
	late := time.NewTimer(k.limit)
	defer late.Stop()
	select {
	case r := <-found:
		if r.err != nil {
			err := fmt.Errorf("read credentials for %s: %w", target.RegistryStr(), r.err)
			return nil, fault.Wrap(fault.Usage, err, "credentials are looked for in "+k.source)
		}
		return authn.FromConfig(r.config), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-late.C:
		return nil, fault.New(fault.Infrastructure, "run it by hand: echo "+target.RegistryStr()+" | "+k.helper(target)+" get",
			"read credentials for %s: %s has not answered after %s", target.RegistryStr(), k.helper(target), k.limit)
	}
}

// resolved is what a keychain gave.
type resolved struct {
	config authn.AuthConfig
	err    error
}

// resolve asks the keychain, and a helper behind it, to the end.
func (k keychain) resolve(ctx context.Context, target authn.Resource) resolved {
	auth, err := authn.Resolve(ctx, k.next, target)
	if err != nil {
		return resolved{err: err}
	}
	found, err := authn.Authorization(ctx, auth)
	if err != nil {
		return resolved{err: err}
	}
	if k.secret != nil {
		for _, s := range []string{found.Password, found.Auth, found.IdentityToken, found.RegistryToken} {
			k.secret(s)
		}
	}
	return resolved{config: *found}
}

// helper names the program that the docker config has for the registry.
func (k keychain) helper(target authn.Resource) string {
	cfg, err := config.Load(filepath.Dir(k.source))
	if err == nil {
		if name := cmp.Or(cfg.CredentialHelpers[target.RegistryStr()], cfg.CredentialsStore); name != "" {
			return "docker-credential-" + name
		}
	}
	return "the credential helper"
}

// configPath is the docker config file that applies. The environment is asked
// here, against our own rule, because the keychain asks it too.
func configPath() string {
	if dir := os.Getenv("DOCKER_CONFIG"); dir != "" {
		return filepath.Join(dir, "config.json")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "~/.docker/config.json"
	}
	return filepath.Join(home, ".docker", "config.json")
}
