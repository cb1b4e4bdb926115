package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/retort-ci/retort/pkg/fault"
)

// Sentinels that callers branch on.
var (
	// ErrNotFound is wrapped when the registry does not have the manifest, the
	// blob or the repository. It has no side: the caller knows whose fault it is.
	ErrNotFound = errors.New("not found in the registry")
	// ErrMismatch is wrapped when a registry, read back, names another digest
	// than the one that was written.
	ErrMismatch = errors.New("the registry names another digest")
	// ErrCorrupt is wrapped when bytes do not have the digest that they were
	// asked for, or promised, by. They are never passed on as whole.
	ErrCorrupt = errors.New("the bytes do not match their digest")
	// ErrImmutable is wrapped when a registry refuses to move a tag that names
	// another digest.
	ErrImmutable = errors.New("the tag cannot be moved")
)

// attempt is what was tried, for the message when it failed.
type attempt struct {
	doing string // "push", "resolve", …
	ref   fmt.Stringer
	repo  name.Repository
	scope string          // transport.PullScope or PushScope
	from  name.Repository // read while repo is written, when a copy is
}

func pulling(doing string, ref name.Reference) attempt {
	return attempt{doing: doing, ref: ref, repo: ref.Context(), scope: transport.PullScope}
}

func pushing(doing string, ref name.Reference) attempt {
	return attempt{doing: doing, ref: ref, repo: ref.Context(), scope: transport.PushScope}
}

// answeredBy puts the blame for an answer on the repository that gave it.
func (a attempt) answeredBy(answer *transport.Error) attempt {
	if answer.Request == nil || answer.Request.URL.Host != a.from.RegistryStr() {
		return a
	}
	if strings.HasPrefix(answer.Request.URL.Path, "/v2/"+a.from.RepositoryStr()+"/") {
		a.repo, a.scope = a.from, transport.PullScope
	}
	return a
}

// where is who was asked, and for what a token was: who finds something else
// there than was meant may have asked in the wrong place.
func (a attempt) where() string {
	return fmt.Sprintf("registry %s, repository %s (scope %s)", showHost(a.repo.Registry), a.repo.RepositoryStr(), a.repo.Scope(a.scope))
}

// explain tells what was attempted and on which side the cause lies.
func (c *Client) explain(a attempt, err error) error {
	if err == nil {
		return nil
	}
	told := fmt.Errorf("%s %s: %w", a.doing, show(a.ref), err)
	if ours(err) {
		return told
	}
	if answer, ok := errors.AsType[*transport.Error](err); ok {
		return c.refused(a.answeredBy(answer), answer, err)
	}
	if errors.Is(err, ErrMismatch) || errors.Is(err, ErrCorrupt) {
		told = fmt.Errorf("%s %s: %s: %w", a.doing, show(a.ref), a.where(), err)
	}
	return fault.Wrap(fault.Infrastructure, told, failureHint(a, err))
}

// ours is true for errors whose cause is not the registry's, or already told.
func ours(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrNotFound) {
		return true
	}
	if _, told := errors.AsType[*fault.Fault](err); told {
		return true
	}
	_, file := errors.AsType[*fs.PathError](err) // a layer that should be on this disk
	return file
}

// refused tells an answer of the registry, or of its token service.
func (c *Client) refused(a attempt, answer *transport.Error, err error) error {
	host := showHost(a.repo.Registry)
	told := fmt.Errorf("%s %s: registry %s: %w", a.doing, show(a.ref), host, err)
	switch answer.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		told = fmt.Errorf("%s %s: registry %s refuses access to repository %s (scope %s): %w",
			a.doing, show(a.ref), host, a.repo.RepositoryStr(), a.repo.Scope(a.scope), err)
		return fault.Wrap(fault.Infrastructure, told, c.credentialsHint(host))
	case http.StatusNotFound:
		told = fmt.Errorf("%s %s: %s: %w: %w", a.doing, show(a.ref), a.where(), ErrNotFound, err)
		if a.scope == transport.PullScope {
			return told
		}
		return fault.Wrap(fault.Infrastructure, told, "the registry may want repository "+a.repo.RepositoryStr()+" to be made first")
	case http.StatusTooManyRequests:
		return fault.Wrap(fault.Infrastructure, told, "the registry limits requests: wait, or log in for a higher limit: docker login "+host)
	}
	hint := ""
	if answer.StatusCode >= http.StatusInternalServerError {
		hint = "the registry itself failed: run the same command again, and look at the registry's log if it stays so"
	}
	return fault.Wrap(fault.Infrastructure, told, hint)
}

func (c *Client) credentialsHint(host string) string {
	source := "elsewhere"
	if k, ok := c.keychain.(keychain); ok {
		source = k.source
	}
	return fmt.Sprintf("credentials were looked for in %s; log in with: docker login %s", source, host)
}

// failureHint is for failures in which no answer came, or one without sense.
func failureHint(a attempt, err error) string {
	host := a.repo.RegistryStr()
	if _, ok := errors.AsType[*plainHTTPError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return fmt.Sprintf("%s must be up and speak HTTPS; if it speaks plain HTTP only, allow that with --plain-http %s", host, host)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "add the certificate authority of " + host + " to those that this machine trusts"
	}
	if errors.Is(err, remote.ErrSchema1) {
		return "the image has a schema 1 manifest, which is no longer supported: push it again with a current tool"
	}
	if errors.Is(err, ErrMismatch) {
		return "somebody else may have moved the tag meanwhile: look at it, then run the same command again"
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return "is registry " + host + " up, and can this machine reach it?"
	}
	return "registry " + host + " gave an answer that makes no sense: run the same command again, and look at the registry's log"
}
