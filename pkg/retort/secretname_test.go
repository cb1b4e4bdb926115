package retort

import (
	"testing"

	"github.com/retort-ci/retort/pkg/project"
)

// Arguments are told from secrets by their names, and addresses lose whoever
// logs in there.
func TestPublicArgs(t *testing.T) {
	p := newPipeline(Options{})
	p.Project = &project.Project{}
	for _, name := range []string{
		"GITHUB_PAT", "PAT", "githubPat", "PASSPHRASE", "SIGNING_KEY_B64", "SIGNING_KEY2", "API_KEYS", "apikey", "apiKeyId",
		"DB_PASS", "DBPASS", "PASS_FILE", "dbPassFile", "DB_PASSWD", "PASSWORD", "PGPWD", "NPM_TOKEN", "tokens", "CLIENT_SECRET_1",
		"AWS_CREDENTIALS", "AWS_CREDS", "HTTP_AUTH", "auth", "npm.auth", "AUTHORIZATION", "ssh-key",
	} {
		if got := p.publicArgs(map[string]string{name: "value"})[name]; got != hidden {
			t.Errorf("%s stands there as %q", name, got)
		}
	}
	for _, name := range []string{
		"PATH", "PYTHONPATH", "PATCH", "COMPAT", "KEYBOARD", "KEYSTONE_URL", "monkeypatch", "PASSENGER_VERSION", "AUTHOR", "VERSION", "CREDO",
	} {
		if got := p.publicArgs(map[string]string{name: "value"})[name]; got != "value" {
			t.Errorf("%s stands there as %q", name, got)
		}
	}
	for value, want := range map[string]string{
		"postgres://u:p/w@h/x":            "postgres://***@h/x",
		"postgres://u:p@w@h/x":            "postgres://***@h/x",
		"http://u:p@proxy:3128":           "http://***@proxy:3128",
		"https://ghp_x@github.com/a/b":    "https://***@github.com/a/b",
		"redis://:p@h":                    "redis://***@h",
		"a http://u:p@h and http://v:q@i": "a http://***@h and http://***@i",
		"https://example.com/a":           "https://example.com/a",
		"alpine:3@sha256:12":              "alpine:3@sha256:12",
	} {
		if got := p.publicArgs(map[string]string{"URL": value})["URL"]; got != want {
			t.Errorf("%s stands there as %s, want %s", value, got, want)
		}
	}
}
