package docker

import (
	"cmp"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/connhelper"
	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/store"
	"github.com/docker/docker/client"
)

// contextEndpoint is the name under which a docker context keeps its daemon.
const contextEndpoint = "docker"

// endpoint decides which daemon, in the docker CLI's order.
func endpoint(opts Options) ([]client.Opt, error) {
	if host := cmp.Or(opts.Host, opts.Getenv("DOCKER_HOST")); host != "" {
		return fromEnv(host, opts.Getenv)
	}
	dir := cmp.Or(opts.Getenv("DOCKER_CONFIG"), config.Dir())
	name := opts.Getenv("DOCKER_CONTEXT")
	if name == "" {
		cfg, err := config.Load(dir)
		if err != nil {
			return nil, err
		}
		name = cfg.CurrentContext
	}
	if name == "" || name == "default" {
		return fromEnv(client.DefaultDockerHost, opts.Getenv)
	}
	return fromContext(filepath.Join(dir, "contexts"), name)
}

// fromEnv is an address with what the environment says of TLS and API version.
// https://docs.docker.com/engine/security/protect-access/
func fromEnv(host string, getenv func(string) string) ([]client.Opt, error) {
	var opts []client.Opt
	certs := getenv("DOCKER_CERT_PATH")
	if certs != "" && strings.HasPrefix(host, "tcp://") {
		material, err := dockercontext.TLSDataFromFiles(
			filepath.Join(certs, "ca.pem"), filepath.Join(certs, "cert.pem"), filepath.Join(certs, "key.pem"))
		if err != nil {
			return nil, fmt.Errorf("DOCKER_CERT_PATH: %w", err)
		}
		over, err := overTLS(material, getenv("DOCKER_TLS_VERIFY") == "")
		if err != nil {
			return nil, fmt.Errorf("DOCKER_CERT_PATH: %w", err)
		}
		opts = append(opts, over)
	}
	at, err := hostOpts(host)
	if err != nil {
		return nil, err
	}
	opts = append(opts, at...)
	return append(opts, client.WithVersion(getenv("DOCKER_API_VERSION"))), nil
}

// hostOpts points the client at an address; ssh:// goes through the docker
// CLI's own helper, as `docker -H ssh://…` does.
func hostOpts(host string) ([]client.Opt, error) {
	if !strings.HasPrefix(host, "ssh://") {
		return []client.Opt{client.WithHost(host)}, nil
	}
	helper, err := connhelper.GetConnectionHelper(host)
	if err != nil {
		return nil, err
	}
	return []client.Opt{
		client.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: helper.Dialer}}),
		client.WithHost(helper.Host),
		client.WithDialContext(helper.Dialer),
	}, nil
}

// fromContext reads a context from the docker CLI's store. The CLI's package
// for it is not used: it brings a second Docker client along.
func fromContext(dir, name string) ([]client.Opt, error) {
	s := store.New(dir, store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(contextEndpoint, func() any { return &dockercontext.EndpointMetaBase{} }),
	))
	meta, err := s.GetMetadata(name)
	if err != nil {
		return nil, err
	}
	ep, ok := meta.Endpoints[contextEndpoint].(dockercontext.EndpointMetaBase)
	if !ok {
		return nil, fmt.Errorf("context %q names no docker endpoint", name)
	}
	material, err := dockercontext.LoadTLSData(s, name, contextEndpoint)
	if err != nil {
		return nil, err
	}
	opts, err := hostOpts(ep.Host)
	if err != nil || material == nil {
		return opts, err
	}
	over, err := overTLS(material, ep.SkipTLSVerify)
	if err != nil {
		return nil, fmt.Errorf("context %q: %w", name, err)
	}
	return append([]client.Opt{over}, opts...), nil
}
