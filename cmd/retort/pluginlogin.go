package main

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
)

// hub is the registry of repositories that name none, and hubKey its name in a
// docker config.
const (
	hub    = "docker.io"
	hubKey = "https://index.docker.io/v1/"
)

// login makes the credentials of the settings those of this process. The builder
// and the registry client read them through a docker config, so there is one for
// as long as the step runs, in a directory that nobody else can enter.
func (p *plugin) login(getenv func(string) string) (done func(), err error) {
	if p.password == "" && p.config == "" {
		return func() {}, nil
	}
	if p.password != "" && p.username == "" {
		return nil, fault.New(fault.Usage, "settings: { username: … }", "there is a password, and the setting username is missing")
	}
	config, err := p.dockerConfig(getenv)
	if err != nil {
		return nil, err
	}
	// An image of nothing but retort has no /tmp.
	if err := os.MkdirAll(os.TempDir(), 0o700); err != nil {
		return nil, fmt.Errorf("keep credentials: %w", err)
	}
	dir, err := os.MkdirTemp("", "retort-plugin-") // mode 0700
	if err != nil {
		return nil, fmt.Errorf("keep credentials: %w", err)
	}
	err = os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600)
	if err == nil {
		err = os.Setenv("DOCKER_CONFIG", dir)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("keep credentials: %w", err), os.RemoveAll(dir))
	}
	return func() { _ = os.RemoveAll(dir) }, nil
}

// dockerConfig is the config that the step has, or that its settings give, with
// the credentials in it. Of the rest of it nothing is taken over: a store would
// have the last word on the password.
func (p *plugin) dockerConfig(getenv func(string) string) ([]byte, error) {
	text, source := []byte(p.config), "the setting config"
	if p.config == "" {
		source = filepath.Join(cmp.Or(getenv("DOCKER_CONFIG"), filepath.Join(cmp.Or(getenv("HOME"), "/"), ".docker")), "config.json")
		var err error
		if text, err = os.ReadFile(source); errors.Is(err, fs.ErrNotExist) {
			text = []byte("{}")
		} else if err != nil {
			return nil, fault.Wrap(fault.Usage, fmt.Errorf("read credentials: %w", err), "")
		}
	}
	var config struct {
		Auths       map[string]any    `json:"auths"`
		CredHelpers map[string]string `json:"credHelpers,omitempty"`
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, fault.New(fault.Usage, "", "%s is no docker config: %w", source, err)
	}
	if p.password != "" {
		key := p.registry
		if key == hub {
			key = hubKey
		}
		if config.Auths == nil {
			config.Auths = map[string]any{}
		}
		delete(config.CredHelpers, key)
		config.Auths[key] = map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte(p.username + ":" + p.password))}
	}
	return json.Marshal(config)
}

// hostOf is the host of a registry's address, which may be written as a URL.
func hostOf(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	host, _, _ := strings.Cut(address, "/")
	if host == "" || host == "index.docker.io" {
		return hub
	}
	return host
}

// registryOf is the host of a repository, docker.io where it names none.
func registryOf(repo string) string {
	host, _, ok := strings.Cut(repo, "/")
	if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return hub
	}
	return host
}
