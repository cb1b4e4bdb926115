package registry

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/fault"
)

func TestCheckReference(t *testing.T) {
	hex := strings.Repeat("0", 64)
	for _, good := range []string{
		"app", "app:1.2", "team/app", "registry.example.com/team/app@sha256:" + hex, "localhost:5000/app:1",
		"[::1]:5000/app", "registry.example.com/app:1.2@sha256:" + hex,
	} {
		if err := CheckReference(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", " ", "App", "app:", "app@sha256:00", "https://registry.example.com/app", "team//app", "app:a b", "-app", "app@", hex,
		"registry.example.com:port/app", "app:" + strings.Repeat("t", 129), strings.Repeat("a", 300), "app\x00", "app:1\n",
	} {
		if err := CheckReference(bad); !errors.Is(err, ErrReference) || fault.SideOf(err) != fault.Usage {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// What is taken for a reference leads to one place of its registry, and is the
// same when it is read in full again.
func FuzzParseReference(f *testing.F) {
	for _, s := range []string{
		"app", "docker.io/library/app:1", "localhost:5000/team/app@sha256:" + strings.Repeat("a", 64), "[::1]/a:b", "a.b/c/d_e--f.g:H-i",
		"app:1@sha256:" + strings.Repeat("a", 64), "index.docker.io/app", "A/b", "../a", "a/../b", "a?b", "a%2fb", "a#b", "u:p@h/a",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := parse(s)
		if err != nil {
			if !errors.Is(err, ErrReference) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		again, err := parse(ref.Name())
		if err != nil || again.Name() != ref.Name() || again.Context().Name() != ref.Context().Name() {
			t.Errorf("%q is %s, and that %v, %v", s, ref.Name(), again, err)
		}
		if _, fixed := ref.(name.Digest); fixed != strings.Contains(s, "@") {
			t.Errorf("%q is taken for a %T", s, ref)
		}
		k := manifestCall("GET", ref, "pull")
		at, err := url.Parse(k.url("https"))
		if err != nil || at.Host != ref.Context().RegistryStr() || at.RawQuery != "" || at.User != nil ||
			at.Path != "/v2/"+ref.Context().RepositoryStr()+"/manifests/"+ref.Identifier() {
			t.Errorf("%q is asked for at %s, %v", s, at, err)
		}
	})
}

// The next page is never of another host: it is asked with the same credentials.
func FuzzNextPage(f *testing.F) {
	for _, link := range []string{
		"", `</v2/app/tags/list?n=2&last=b>; rel="next"`, "<https://registry.example.com/v2/>", "<//evil.example.com/>", "<ftp://registry.example.com/>",
		"next", "<>", "<?last=b>", "<https://u:p@registry.example.com/>", `<\\evil.example.com>`,
	} {
		f.Add(link)
	}
	page, err := url.Parse("https://registry.example.com/v2/app/tags/list?n=2")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, link string) {
		next, err := nextPage(page, link)
		if err != nil || next == nil {
			return
		}
		again, err := url.Parse(next.String())
		if err != nil || again.Host != page.Host || again.Scheme != page.Scheme || *next == *page {
			t.Errorf("%q leads to %s, %v", link, next, err)
		}
	})
}
