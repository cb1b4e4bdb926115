package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// login are the credentials of a registry that lets nobody else in.
type login struct{ addr, user, password string }

// newLogin starts such a registry.
func newLogin(t *testing.T) login {
	t.Helper()
	l := login{user: "robot", password: "hunter2-" + strings.ToLower(t.Name())}
	l.addr = serveBehind(t, t.TempDir(), func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if user, password, _ := r.BasicAuth(); user != l.user || password != l.password {
			w.Header().Set("WWW-Authenticate", `Basic realm="harness"`)
			http.Error(w, `{"errors":[{"code":"UNAUTHORIZED"}]}`, http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
	return l
}

// config is a DOCKER_CONFIG as withDockerRegistry makes it: a directory for the
// time of the block, with the credentials of that one registry.
func (l login) config(registry string) (string, error) {
	dir, err := os.MkdirTemp("", "harness-docker-config-")
	if err != nil {
		return "", err
	}
	auth := base64.StdEncoding.EncodeToString([]byte(l.user + ":" + l.password))
	text, err := json.Marshal(map[string]any{"auths": map[string]any{registry: map[string]string{"auth": auth}}})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "config.json"), text, 0o600)
	}
	return dir, err
}

// variable is what withCredentials puts into a variable of that name.
func (l login) variable(name string) string {
	if strings.HasSuffix(name, "USER") {
		return l.user
	}
	return l.password
}

// digest is repository@digest of a reference in the registry.
func (l login) digest(t *testing.T, ref string) string {
	t.Helper()
	parsed, err := name.ParseReference(l.addr + "/" + ref)
	if err != nil {
		t.Fatal(err)
	}
	desc, err := remote.Head(parsed, remote.WithContext(t.Context()), remote.WithAuth(&authn.Basic{Username: l.user, Password: l.password}))
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Context().Name() + "@" + desc.Digest.String()
}

// secret fails when the password stands in the text, as it is or in base64.
func (l login) secret(t *testing.T, text string) {
	t.Helper()
	for _, form := range []string{l.password, base64.StdEncoding.EncodeToString([]byte(l.user + ":" + l.password))} {
		if strings.Contains(text, form) {
			t.Errorf("the password stands in the log:\n%s", text)
		}
	}
}
