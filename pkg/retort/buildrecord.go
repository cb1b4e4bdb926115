package retort

import (
	"cmp"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/state"
)

// unwatched is the builder where no CI server vouches for what is done: a laptop,
// or a system that does not say where it is.
const unwatched = "https://github.com/retort-ci/retort/builder/unwatched"

// buildOf is what provenance will say of how the service's image was made. When an
// earlier build made the same image in the same way, it stays that one's: a build
// that found all in its cache is no news, and pushing again adds nothing.
func (p *Pipeline) buildOf(old, built state.Service, s project.Service) *state.Build {
	b := &state.Build{
		Builder: builder(p.CI.URL), Invocation: withoutUser(p.CI.URL), Version: p.opts.Version,
		Started: built.Built.Add(-time.Duration(built.Seconds * float64(time.Second))), Finished: built.Built,
		Repository: p.CI.Git.Remote, Branch: p.CI.Branch, Tag: p.CI.Tag, Modified: p.CI.Dirty,
		Context: p.inSource(s.Build.Context), Dockerfile: s.Build.Dockerfile, Target: s.Build.Target,
		Platforms: s.Build.Platforms, Args: p.publicArgs(s.Build.Args),
	}
	if filepath.IsAbs(b.Dockerfile) {
		b.Dockerfile = p.inSource(b.Dockerfile)
	}
	for _, secret := range s.Build.Secrets {
		b.Secrets = append(b.Secrets, secret.ID)
	}
	slices.Sort(b.Secrets)
	if old.Image == built.Image && sameWay(old.Build, b) {
		return old.Build
	}
	return b
}

// sameWay compares all but which build it was, and when.
func sameWay(a, b *state.Build) bool {
	if a == nil {
		return false
	}
	other := *b
	other.Invocation, other.Started, other.Finished = a.Invocation, a.Started, a.Finished
	return reflect.DeepEqual(*a, other)
}

// builder is the CI server, by the address of one of its builds.
func builder(build string) string {
	u, err := url.Parse(build)
	if err != nil || u.Host == "" {
		return unwatched
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
}

// withoutUser drops credentials, and what cannot be read, since it may hold some.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

// inSource is where a path lies in the checkout, or in the project where there is
// none. What lies elsewhere would tell of this machine alone, and is left out.
func (p *Pipeline) inSource(path string) string {
	rel, err := filepath.Rel(resolved(cmp.Or(ci.Root(p.Project.Dir), p.Project.Dir)), resolved(path))
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}

// resolved is the path without symbolic links, or as it is when it leads nowhere.
func resolved(path string) string {
	if direct, err := filepath.EvalSymlinks(path); err == nil {
		return direct
	}
	return path
}

// publicArgs are build arguments as everyone may read them. A secret does not
// belong into an argument, and Docker keeps what is in one in the image's
// history; but that is no reason to spread it.
func (p *Pipeline) publicArgs(args map[string]string) map[string]string {
	if len(args) == 0 {
		return nil
	}
	secrets := mask.NewSet(p.Secrets()...)
	public := make(map[string]string, len(args))
	for name, value := range args {
		if value != "" && secretName.MatchString(name) {
			value = hidden
		}
		public[name] = secrets.Text(userInURL.ReplaceAllString(strings.ToValidUTF8(value, "\uFFFD"), "://"+hidden+"@"))
	}
	return public
}
