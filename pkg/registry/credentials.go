package registry

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/retort-ci/retort/pkg/fault"
)

// credentials gives the keychain, the docker config's when there is none.
//
// authn.DefaultKeychain reads $DOCKER_CONFIG/config.json, else
// ~/.docker/config.json, with credHelpers and credsStore, and where neither
// file exists $REGISTRY_AUTH_FILE or podman's containers/auth.json. It asks for
// the repository's credentials first, then for the registry's.
func credentials(given authn.Keychain) authn.Keychain {
	if given != nil {
		return keychain{next: given, source: "the keychain that the program gave"}
	}
	return keychain{next: authn.DefaultKeychain, source: configPath()}
}

// keychain tells failures to read credentials with the place they are in.
type keychain struct {
	next   authn.Keychain
	source string
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
	auth, err := authn.Resolve(ctx, k.next, target)
	if err != nil {
		err = fmt.Errorf("read credentials for %s: %w", target.RegistryStr(), err)
		return nil, fault.Wrap(fault.Usage, err, "credentials are looked for in "+k.source)
	}
	return auth, nil
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
