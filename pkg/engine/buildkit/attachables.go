package buildkit

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// attachables are what the daemon may ask of this process during a build:
// registry credentials and secrets, both only while the session lasts.
func attachables(spec engine.BuildSpec) ([]session.Attachable, error) {
	cfg, err := config.Load("")
	if err != nil {
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("read docker config: %w", err),
			"mend or remove "+filepath.Join(config.Dir(), config.ConfigFileName))
	}
	list := []session.Attachable{authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		AuthConfigProvider: authprovider.LoadAuthConfig(cfg),
	})}
	if len(spec.Secrets) == 0 {
		return list, nil
	}
	sources := make([]secretsprovider.Source, len(spec.Secrets))
	for i, s := range spec.Secrets {
		// BuildKit would hand out an empty secret.
		if _, set := os.LookupEnv(s.Env); s.Env != "" && !set {
			return nil, fault.New(fault.Usage, "export "+s.Env+" for the build", "build secret %s: the environment has no %s", s.ID, s.Env)
		}
		sources[i] = secretsprovider.Source{ID: s.ID, FilePath: s.File, Env: s.Env}
	}
	store, err := secretsprovider.NewStore(sources)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("build secret: %w", err), "")
	}
	return append(list, secretsprovider.NewSecretProvider(store)), nil
}
