package buildkit

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward"
	"github.com/moby/buildkit/session/sshforward/sshprovider"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// attachables are what the daemon may ask of this process during a build:
// registry credentials, secrets, SSH agents and content stores, all only while the
// session lasts.
func (c *Client) attachables(spec engine.BuildSpec) ([]session.Attachable, error) {
	caches, err := cachesOf(spec)
	if err != nil {
		return nil, err
	}
	stores, err := caches.stores()
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load("")
	if err != nil {
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("read docker config: %w", err),
			"mend or remove "+filepath.Join(config.Dir(), config.ConfigFileName))
	}
	list := []session.Attachable{authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		AuthConfigProvider: authprovider.LoadAuthConfig(cfg),
	}), storeAttachable(c.opts.Store, stores)}
	if len(spec.SSH) > 0 {
		agents, err := sshAgents(spec.SSH)
		if err != nil {
			return nil, err
		}
		list = append(list, agents)
	}
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

// sshAgents lets a RUN speak with agents, or with the keys given as with one.
func sshAgents(given []engine.SSH) (session.Attachable, error) {
	byID := map[string]*sshprovider.AgentConfig{}
	var agents []sshprovider.AgentConfig
	for _, s := range given {
		id := cmp.Or(s.ID, sshforward.DefaultID)
		if byID[id] == nil {
			byID[id] = &sshprovider.AgentConfig{ID: id}
		}
		if s.Path != "" {
			byID[id].Paths = append(byID[id].Paths, s.Path)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		agents = append(agents, *byID[id])
	}
	provider, err := sshprovider.NewSSHAgentProvider(agents)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("build.ssh: %w", err), "start an agent: eval $(ssh-agent); ssh-add. Or name a key: ssh: [default=/path/to/key]")
	}
	return provider, nil
}
