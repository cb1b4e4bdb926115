package main

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// dockerAuth is what a docker config keeps of one registry.
type dockerAuth struct {
	Auth          string `json:"auth"` // base64 of user:password
	Password      string `json:"password"`
	IdentityToken string `json:"identitytoken"`
	RegistryToken string `json:"registrytoken"`
}

// registrySecrets are the passwords and tokens in the files from which registry
// clients take them. What cannot be read is for whoever needs it to complain
// about; what a credential helper gives is known to the client alone.
func registrySecrets(getenv func(string) string) []string {
	texts := []string{getenv("DOCKER_AUTH_CONFIG")} // GitLab's, with the file's content in it
	for _, path := range credentialFiles(getenv) {
		if text, err := os.ReadFile(path); err == nil {
			texts = append(texts, string(text))
		}
	}
	var secrets []string
	for _, text := range texts {
		var config struct{ Auths map[string]dockerAuth }
		if json.Unmarshal([]byte(text), &config) != nil {
			continue
		}
		for _, auth := range config.Auths {
			secrets = append(secrets, auth.secrets()...)
		}
	}
	return secrets
}

// secrets are all but the user's name.
func (a dockerAuth) secrets() []string {
	all := []string{a.Auth, a.Password, a.IdentityToken, a.RegistryToken}
	plain, err := base64.StdEncoding.DecodeString(a.Auth)
	if _, password, ok := strings.Cut(string(plain), ":"); ok && err == nil {
		all = append(all, strings.TrimRight(password, "\x00")) // as docker reads it
	}
	return all
}

// credentialFiles are docker's, and then podman's.
func credentialFiles(getenv func(string) string) []string {
	var files []string
	add := func(dir string, below ...string) {
		if dir != "" {
			files = append(files, filepath.Join(append([]string{dir}, below...)...))
		}
	}
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		add(dir, "config.json")
	} else {
		add(getenv("HOME"), ".docker", "config.json")
	}
	add(getenv("REGISTRY_AUTH_FILE"))
	add(getenv("XDG_RUNTIME_DIR"), "containers", "auth.json")
	return files
}
