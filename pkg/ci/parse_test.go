package ci

import (
	"net/url"
	"strings"
	"testing"
)

func TestWebURL(t *testing.T) {
	tests := map[string]string{
		"https://git.example.com/acme/shop.git":             "https://git.example.com/acme/shop",
		"https://git.example.com/acme/shop/":                "https://git.example.com/acme/shop",
		"https://alice:s3cret@git.example.com:8443/a/b.git": "https://git.example.com:8443/a/b",
		"https://s3cret@git.example.com/a/b?token=s3cret#x": "https://git.example.com/a/b",
		"http://127.0.0.1:3000/acme/shop.git":               "http://127.0.0.1:3000/acme/shop",
		"ssh://git@git.example.com:7999/acme/shop.git":      "https://git.example.com/acme/shop",
		"ssh://git@[::1]:22/acme/shop.git":                  "https://[::1]/acme/shop",
		"git+ssh://git@git.example.com/a/b":                 "https://git.example.com/a/b",
		"git://git.example.com/a/b.git":                     "https://git.example.com/a/b",
		"git@git.example.com:acme/shop.git":                 "https://git.example.com/acme/shop",
		"git.example.com:acme/team/shop":                    "https://git.example.com/acme/team/shop",
		"https://user:p%zz@git.example.com/a/b":             "", // cannot be parsed, so nothing of it is shown
		"user:s3cret@git.example.com:a/b":                   "",
		"file:///srv/git/shop.git":                          "",
		"/srv/git/shop.git":                                 "",
		"../shop":                                           "",
		`C:\git\shop`:                                       "",
		"https://git.example.com/":                          "",
		"ext::sh -c something":                              "",
		"":                                                  "",
	}
	for remote, want := range tests {
		if got := webURL(remote); got != want {
			t.Errorf("webURL(%q) is %q, want %q", remote, got, want)
		}
	}
}

// FuzzWebURL looks for a remote whose user or password gets out.
func FuzzWebURL(f *testing.F) {
	f.Add("https://alice:s3cret@git.example.com/acme/shop.git")
	f.Add("git@git.example.com:acme/shop.git")
	f.Add("ssh://git@[::1]:22/a")
	f.Add("[::1]:a/b")
	f.Fuzz(func(t *testing.T, remote string) {
		got := webURL(remote)
		if got == "" {
			return
		}
		u, err := url.Parse(got)
		if err != nil {
			t.Fatalf("webURL(%q) is %q: %v", remote, got, err)
		}
		if u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Host == "" {
			t.Fatalf("webURL(%q) is %q", remote, got)
		}
		if in, err := url.Parse(remote); err == nil && in.User != nil {
			if password, _ := in.User.Password(); len(password) > 3 && strings.Contains(got, password) &&
				!strings.Contains(in.Host+in.Path, password) {
				t.Fatalf("webURL(%q) is %q: it tells the password", remote, got)
			}
		}
	})
}

// FuzzParseStatus checks that file names do not pass for what git says of itself.
func FuzzParseStatus(f *testing.F) {
	f.Add("# branch.oid 1f0c7a5b3d9e8f6a4b2c1d0e9f8a7b6c5d4e3f2a\x00# branch.head main\x00", "# branch.head evil", "? x")
	f.Fuzz(func(t *testing.T, head, name, old string) {
		if strings.Contains(name+old, "\x00") {
			return // no file name has one
		}
		was := parseStatus(head)
		file := strings.TrimRight(head, "\x00") + "\x00" + "2 R. N... 100644 100644 100644 a b R100 " + name + "\x00" + old + "\x00"
		is := parseStatus(file)
		if is.Commit != was.Commit || is.Branch != was.Branch {
			t.Fatalf("a renamed file made %+v of %+v", is, was)
		}
	})
}
