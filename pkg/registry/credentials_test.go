package registry_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
)

const user, password = "ci", "hunter2"

// basic asks for user and password before every request.
func basic(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
	if u, p, ok := r.BasicAuth(); ok && u == user && p == password {
		return false
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
	w.WriteHeader(http.StatusUnauthorized)
	return true
}

// bearer asks for a token that the same host gives for user and password.
func bearer(addr string) func(http.ResponseWriter, *http.Request, http.Handler) bool {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) bool {
		switch {
		case r.URL.Path == "/token":
			if !basic(w, r, next) {
				_, _ = w.Write([]byte(`{"token":"t-` + r.URL.Query().Get("scope") + `"}`))
			}
			return true
		case strings.HasPrefix(r.Header.Get("Authorization"), "Bearer t-repository:shop/orders:"):
			return false
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+addr+`/token",service="test"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
}

// dockerConfig writes a config.json and lets DOCKER_CONFIG name its directory.
func dockerConfig(t *testing.T, content any) string {
	t.Helper()
	dir := t.TempDir()
	raw, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "config.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", t.TempDir()) // nothing of this machine's
	t.Setenv("DOCKER_CONFIG", dir)
	return path
}

func login(u, p string) map[string]string {
	return map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte(u + ":" + p))}
}

// helper puts a credential helper of the name into PATH.
func helper(t *testing.T, name string) {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\nread -r server\nprintf '{\"ServerURL\":\"%s\",\"Username\":\"" + user + "\",\"Secret\":\"" + password + "\"}' \"$server\"\n"
	if err := os.WriteFile(filepath.Join(dir, "docker-credential-"+name), []byte(script), 0o700); err != nil { //nolint:gosec // it must be executable
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestCredentialsComeFromTheDockerConfig(t *testing.T) {
	w := embedded(t)
	helper(t, "retorttest")
	for kind, answer := range map[string]func(http.ResponseWriter, *http.Request, http.Handler) bool{
		"basic": basic, "bearer": bearer(w.addr),
	} {
		for where, config := range map[string]any{
			"auths":       map[string]any{"auths": map[string]any{w.addr: login(user, password)}},
			"credHelpers": map[string]any{"credHelpers": map[string]string{w.addr: "retorttest"}},
			"credsStore":  map[string]any{"credsStore": "retorttest"},
		} {
			t.Run(kind+" "+where, func(t *testing.T) {
				path := dockerConfig(t, config)
				before, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				w.intercept(answer)
				c := registry.New(registry.Options{})
				t.Cleanup(c.Close)
				img := pushed(t, c, w.addr+"/shop/orders:1")
				names(t, c, w.addr+"/shop/orders:1", digestOf(t, img))
				if _, err := c.History(t.Context(), w.addr+"/shop/orders", "", 0); err != nil {
					t.Error(err)
				}
				after, err := os.ReadFile(path)
				if err != nil || string(after) != string(before) {
					t.Errorf("the config was changed: %s, %v", after, err)
				}
			})
		}
	}
}

func TestRefusedCredentialsSayWhereTheyWereLookedFor(t *testing.T) {
	w := embedded(t)
	for kind, answer := range map[string]func(http.ResponseWriter, *http.Request, http.Handler) bool{
		"basic": basic, "bearer": bearer(w.addr),
	} {
		for what, auths := range map[string]any{
			"wrong": map[string]any{w.addr: login(user, "swordfish")},
			"none":  map[string]any{},
		} {
			t.Run(kind+" "+what, func(t *testing.T) {
				path := dockerConfig(t, map[string]any{"auths": auths})
				w.intercept(answer)
				c := registry.New(registry.Options{})
				t.Cleanup(c.Close)
				_, err := c.Resolve(t.Context(), w.addr+"/shop/orders:1")
				if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), "registry "+w.addr+" refuses access to repository shop/orders (scope repository:shop/orders:pull)") {
					t.Errorf("%v: %v", fault.SideOf(err), err)
				}
				hint := fault.HintOf(err)
				if !strings.Contains(hint, path) || !strings.Contains(hint, "docker login "+w.addr) {
					t.Errorf("hint %q", hint)
				}
				if strings.Contains(err.Error()+hint, "swordfish") {
					t.Errorf("the password is told: %v, %s", err, hint)
				}
			})
		}
	}
}

func TestABrokenDockerConfig(t *testing.T) {
	w := embedded(t)
	w.intercept(basic) // a registry that asks for nothing gets nothing looked up
	path := dockerConfig(t, "not an object")
	c := registry.New(registry.Options{})
	t.Cleanup(c.Close)
	_, err := c.Resolve(t.Context(), w.addr+"/shop/orders:1")
	if fault.SideOf(err) != fault.Usage || !strings.Contains(fault.HintOf(err), path) {
		t.Errorf("%v: %v, hint %q", fault.SideOf(err), err, fault.HintOf(err))
	}
}

func TestAKeychainOfTheCallers(t *testing.T) {
	w := embedded(t)
	w.intercept(basic)
	c := clientWith(t, registry.Options{Keychain: fixed{authn.FromConfig(authn.AuthConfig{Username: user, Password: password})}})
	if _, err := c.Resolve(t.Context(), w.addr+"/shop/orders:1"); !errors.Is(err, registry.ErrNotFound) {
		t.Error(err)
	}
}

type fixed struct{ authn.Authenticator }

func (f fixed) Resolve(authn.Resource) (authn.Authenticator, error) { return f.Authenticator, nil }
