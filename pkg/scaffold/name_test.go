package scaffold

import (
	"testing"

	"github.com/retort-ci/retort/pkg/ci"
)

func TestProjectName(t *testing.T) {
	for _, test := range []struct{ remote, dir, want string }{
		{"", "/src/shop", "shop"},
		{"", "/var/jenkins/workspace/Shop_main@2", "shop-main2"},
		{"https://github.com/acme/web.app", "/src/x", "web-app"},
		{"", "/src/-rf", "rf"},
		{"", "/src/订单", "app"},
		{"", "/src/a", "app"},
		{"", "/", "app"},
		{"", "/src/a__b..c", "a-b-c"},
	} {
		if got := projectName(test.remote, test.dir); got != test.want {
			t.Errorf("%s in %s is called %q, want %q", test.remote, test.dir, got, test.want)
		}
	}
}

func TestSystemOfRemote(t *testing.T) {
	for remote, want := range map[string]ci.System{
		"":                                     ci.Jenkins,
		"https://git.example.com/github/shop":  ci.Jenkins,
		"https://github.com/acme/shop":         ci.GitHub,
		"https://github.example.com/acme/shop": ci.GitHub,
		"https://gitlab.example.com/acme/shop": ci.GitLab,
		"https://mygithub.example.com/x/y":     ci.Jenkins,
	} {
		r := &repository{dir: t.TempDir(), git: ci.Git{Remote: remote}}
		if got := r.systems(); len(got) != 1 || got[0] != want {
			t.Errorf("%s hints at %v, want %s", remote, got, want)
		}
	}
}

func TestHostOf(t *testing.T) {
	for image, want := range map[string]string{
		"app": hub, "acme/app": hub, "ghcr.io/acme/app": "ghcr.io",
		"localhost/app": "localhost", "127.0.0.1:5000/app": "127.0.0.1:5000",
	} {
		if got := hostOf(image); got != want {
			t.Errorf("the host of %s is %s, want %s", image, got, want)
		}
	}
}
