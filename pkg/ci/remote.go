package ci

import (
	"net/url"
	"strings"
)

// webURL turns a git remote into the address a person opens: https, without
// user, password, query or the .git at its end. A remote reached by plain http
// keeps that, since nothing says that its server has https. A path of this
// machine gives nothing: it would tell others where it lies and lead nowhere.
func webURL(remote string) string {
	u, err := url.Parse(remote)
	if err != nil || u.Scheme == "" || !strings.Contains(remote, "://") {
		u = scpURL(remote)
	}
	if u == nil || u.Hostname() == "" {
		return ""
	}
	web := url.URL{Scheme: "https", Host: u.Host, Path: repoPath(u.Path)}
	switch u.Scheme {
	case "http":
		web.Scheme = "http"
	case "https":
	case "ssh", "git", "git+ssh", "ssh+git":
		web.Host = u.Hostname() // the port is that of another service
		if strings.Contains(web.Host, ":") {
			web.Host = "[" + web.Host + "]" // IPv6
		}
	default:
		return ""
	}
	text := web.String()
	if _, err := url.Parse(text); err != nil || web.Path == "" {
		return ""
	}
	return text
}

// scpURL reads git@host:owner/name, git's short form of ssh. Nil when remote
// is not of that form.
func scpURL(remote string) *url.URL {
	host, path, ok := strings.Cut(remote, ":")
	if !ok || strings.Contains(host, "/") || len(host) < 2 {
		return nil // a path, or C:\
	}
	if strings.HasPrefix(path, "//") || strings.HasPrefix(path, ":") {
		return nil // a URL that is none, or git's "helper::address"
	}
	if strings.Contains(path, "@") {
		return nil // perhaps user:password@host:path: no part of it may be shown
	}
	host = host[strings.LastIndex(host, "@")+1:]
	return &url.URL{Scheme: "ssh", Host: host, Path: path}
}

// slugOf is owner/name, of a slug or of a remote.
func slugOf(s string) string {
	if !strings.Contains(s, ":") {
		return s
	}
	u, err := url.Parse(webURL(s))
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Path, "/")
}

// repoPath is a repository's path as /owner/name.
func repoPath(path string) string {
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	if path == "" {
		return ""
	}
	return "/" + path
}
