package embedded

import (
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/moby/buildkit/util/resolver"
	"github.com/moby/buildkit/util/resolver/config"
)

// registryHosts says how a registry is spoken to: over TLS, but plainly on the
// loopback and with those that the caller names.
func registryHosts(plain []string) docker.RegistryHosts {
	yes, known := true, map[string]config.RegistryConfig{}
	for _, host := range plain {
		known[host] = config.RegistryConfig{PlainHTTP: &yes}
	}
	return resolver.NewRegistryConfig(known)
}
