package buildkit

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/ociindex"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/cacheentry"
)

// caches are where a build's cache comes from and goes to.
type caches struct{ imports, exports []client.CacheOptionsEntry }

// cachesOf reads the spec's cache_from and cache_to. What is not understood, or
// lacks what it needs, is a fault of usage.
func cachesOf(spec engine.BuildSpec) (caches, error) {
	var c caches
	for _, text := range spec.CacheFrom {
		entry, err := parseCache(text, map[string]string{"registry": "ref", "local": "src"})
		if err != nil {
			return c, fault.Wrap(fault.Usage, fmt.Errorf("cache_from %q: %w", text, err), "such as type=registry,ref=registry.example.com/app/cache")
		}
		c.imports = append(c.imports, entry)
	}
	for _, text := range spec.CacheTo {
		entry, err := parseCache(text, map[string]string{"registry": "ref", "local": "dest", "inline": ""})
		if err != nil {
			return c, fault.Wrap(fault.Usage, fmt.Errorf("cache_to %q: %w", text, err), "such as type=registry,ref=registry.example.com/app/cache,mode=max")
		}
		c.exports = append(c.exports, entry)
	}
	return c, nil
}

// parseCache reads an entry. needs tells the attribute that each known type cannot
// do without.
func parseCache(text string, needs map[string]string) (client.CacheOptionsEntry, error) {
	read, err := cacheentry.Read(text)
	entry := client.CacheOptionsEntry{Type: read.Type, Attrs: read.Attrs}
	if err != nil {
		return entry, err
	}
	need, known := needs[entry.Type]
	if !known {
		return entry, fmt.Errorf("type %q is not known here", entry.Type)
	}
	if need != "" && entry.Attrs[need] == "" {
		return entry, fmt.Errorf("type %s needs %s=", entry.Type, need)
	}
	if entry.Type == "local" { // the daemon and the session name the directory alike
		entry.Attrs[need], err = filepath.Abs(entry.Attrs[need])
	}
	return entry, err
}

// stores are the content stores of local caches, as a daemon names them. A cache
// that is not there yet has none: BuildKit's client leaves it out as well.
func (c caches) stores() (map[string]content.Store, error) {
	stores := map[string]content.Store{}
	open := func(dir string) error {
		store, err := local.NewStore(dir)
		if err != nil {
			return fault.Wrap(fault.Usage, fmt.Errorf("build cache: %w", err), "")
		}
		stores["local:"+dir] = store
		return nil
	}
	for _, entry := range c.imports {
		if dir := entry.Attrs["src"]; entry.Type == "local" {
			if index, err := ociindex.NewStoreIndex(dir).Read(); err != nil || index == nil {
				continue
			}
			if err := open(dir); err != nil {
				return nil, err
			}
		}
	}
	for _, entry := range c.exports {
		if dir := entry.Attrs["dest"]; entry.Type == "local" {
			if err := open(dir); err != nil {
				return nil, err
			}
		}
	}
	return stores, nil
}

// refusedCaches says which registry of the spec's caches the daemon cannot have.
func (c *Client) refusedCaches(ctx context.Context, spec engine.BuildSpec) error {
	caches, err := cachesOf(spec)
	if err != nil || c.opts.Refuse == nil {
		return err
	}
	for _, entry := range slices.Concat(caches.imports, caches.exports) {
		if entry.Type == "registry" {
			if err := c.opts.Refuse(ctx, entry.Attrs["ref"]); err != nil {
				return fmt.Errorf("build cache: %w", err)
			}
		}
	}
	return nil
}

// ExportsCache tells whether the spec's cache goes anywhere but into the image
// itself, which not every daemon can do; an error when that cannot be understood.
func ExportsCache(spec engine.BuildSpec) (bool, error) {
	c, err := cachesOf(spec)
	return slices.ContainsFunc(c.exports, func(e client.CacheOptionsEntry) bool { return e.Type != "inline" }), err
}
