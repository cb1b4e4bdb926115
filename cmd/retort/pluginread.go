package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

// plugin is what a step's settings say.
type plugin struct {
	repos, tags                  []string
	tagsFile, suffix             string
	registry, username, password string
	config                       string // content of a docker config
	dockerfile, context, target  string
	platform, mirror             string
	argList, hosts               []string
	args, labels                 map[string]string
	secretEnvs, secretFiles      map[string]string
	secrets                      []project.Secret
	autoTag, insecure            bool
	noCache, forceTag, dryRun    bool
	notes                        []string
}

// errUnsupported is for a value that retort has no way to honour.
var errUnsupported = errors.New("not supported")

func (p *plugin) note(format string, args ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

// readPlugin reads the settings of a step that works in dir. Without tags in the
// result there is nothing to build.
func readPlugin(environ []string, dir string, getenv func(string) string) (*plugin, error) {
	p := &plugin{
		dockerfile: "Dockerfile", context: ".", args: map[string]string{}, labels: map[string]string{},
		secretEnvs: map[string]string{}, secretFiles: map[string]string{},
	}
	if err := p.readSettings(environ); err != nil {
		return nil, err
	}
	p.registry = cmp.Or(p.registry, getenv("DOCKER_REGISTRY"))
	p.username = cmp.Or(p.username, getenv("DOCKER_USERNAME"))
	p.password = cmp.Or(p.password, getenv("DOCKER_PASSWORD"))
	p.registry = hostOf(p.registry)
	if scheme, _, ok := strings.Cut(p.mirror, "://"); ok {
		p.mirror = hostOf(p.mirror)
		p.insecure = p.insecure || scheme == "http"
	}
	if len(p.repos) == 0 {
		return nil, fault.New(fault.Usage, "settings: { repo: registry.example.com/team/app }", "the setting repo is missing: where to?")
	}
	for _, repo := range p.repos {
		if p.password != "" && registryOf(repo) != p.registry {
			p.note("repo %s is at %s, and the credentials are for %s", repo, registryOf(repo), p.registry)
		}
		if strings.Contains(repo, "@") || strings.LastIndexByte(repo, ':') > strings.LastIndexByte(repo, '/') {
			return nil, fault.New(fault.Usage, "settings: { repo: …, tags: […] }", "repo %s has a tag: that belongs into tags", repo)
		}
	}
	if err := p.readArgs(getenv); err != nil {
		return nil, err
	}
	if err := p.readTags(ci.Detect(getenv), cmp.Or(getenv("DRONE_REPO_BRANCH"), getenv("CI_REPO_DEFAULT_BRANCH")), dir); err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(p.secretEnvs)) {
		p.secrets = append(p.secrets, project.Secret{ID: id, Env: p.secretEnvs[id]})
	}
	for _, id := range slices.Sorted(maps.Keys(p.secretFiles)) {
		file, err := filepath.Abs(filepath.Join(dir, p.secretFiles[id]))
		if err != nil {
			return nil, fault.Wrap(fault.Usage, err, "")
		}
		p.secrets = append(p.secrets, project.Secret{ID: id, File: file})
	}
	return p, p.locate(dir)
}

// readSettings refuses all that are unknown at once, by name.
func (p *plugin) readSettings(environ []string) error {
	var unsupported []string
	for _, pair := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(pair, "=")
		name, ok := strings.CutPrefix(name, pluginPrefix)
		if value = strings.TrimSpace(value); !ok || value == "" {
			continue
		}
		s := findSetting(name)
		if s == nil {
			unsupported = append(unsupported, strings.ToLower(name))
			continue
		}
		err := s.read(p, value)
		if errors.Is(err, errUnsupported) {
			unsupported = append(unsupported, strings.ToLower(name)+": "+value)
		} else if err != nil {
			return fault.New(fault.Usage, "", "setting %s: %w", strings.ToLower(name), err)
		}
	}
	if len(unsupported) > 0 {
		return fault.New(fault.Usage, "take them out, or keep plugins/docker for this step",
			"settings that retort does not support: %s", strings.Join(unsupported, ", "))
	}
	return nil
}

// readArgs gives build arguments their values: one that has none, and the proxy's
// variables, take those of the environment, as with docker and drone-docker.
func (p *plugin) readArgs(getenv func(string) string) error {
	for _, arg := range p.argList {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			if value = getenv(name); value == "" {
				return fault.New(fault.Usage, "build_args: [NAME=value]", "build argument %s has no value, here or in the environment", name)
			}
		}
		p.args[name] = value
	}
	for _, name := range []string{"http_proxy", "https_proxy", "no_proxy"} {
		upper := strings.ToUpper(name)
		value := cmp.Or(getenv(name), getenv(upper))
		if value == "" || p.args[name] != "" || p.args[upper] != "" {
			continue
		}
		p.args[name], p.args[upper] = value, value
	}
	return nil
}
