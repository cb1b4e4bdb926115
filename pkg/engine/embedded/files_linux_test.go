package embedded_test

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// Files of a build come from a repository of git's and from a web server, too.
func TestFilesFromElsewhere(t *testing.T) {
	t.Parallel()
	core, err := exec.CommandContext(t.Context(), "git", "--exec-path").Output()
	if err != nil {
		t.Skip("there is no git here")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "text"), []byte("of the repository"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"init", "-q"},
		{"add", "text"},
		{"-c", "user.name=n", "-c", "user.email=e@localhost", "commit", "-q", "-m", "text"},
	} {
		git := exec.CommandContext(t.Context(), "git", args...)
		git.Dir = dir
		if out, err := git.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	mux := http.NewServeMux()
	// git-http-backend(1)
	mux.Handle("/text.git/", &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(core)), "git-http-backend"), Root: "/text.git",
		Env: []string{
			"GIT_PROJECT_ROOT=" + filepath.Join(dir, ".git"), "GIT_HTTP_EXPORT_ALL=1",
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
		},
	})
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("of the server")) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	dockerfile := "FROM scratch\nCOPY probe /probe\nADD URL/text.git /repository\nADD URL/page /page\n" +
		`RUN ["/probe", "exists", "/repository/text", ";", "exists", "/page"]` + "\n"
	e := open(t, embedded.Options{StateDir: t.TempDir()})
	_, err = e.Build(t.Context(), engine.BuildSpec{
		Context: probe.Context(t, strings.ReplaceAll(dockerfile, "URL", server.URL), nil),
	})
	if err != nil {
		t.Error(err)
	}
}
