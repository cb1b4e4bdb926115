package registry

import (
	"errors"
	"fmt"
	"strings"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/fault"
)

// ErrReference is wrapped by the error for a string that is no reference.
var ErrReference = errors.New("not a valid reference")

const referenceHint = "a reference looks like registry.example.com/team/app:1.2, or ends in @sha256:… instead of the tag"

// CheckReference gives a usage fault that wraps ErrReference when s is not a
// reference that registries accept. Nothing is asked of any registry.
func CheckReference(s string) error {
	_, err := parse(s)
	return err
}

// parse reads a reference by the grammar of distribution-spec. A missing
// registry means Docker Hub, a missing tag latest, as with docker.
func parse(s string, opts ...name.Option) (name.Reference, error) {
	// go-containerregistry's own parser lets through what no registry accepts.
	if _, err := reference.ParseNormalizedNamed(s); err != nil {
		return nil, badReference(s, err)
	}
	ref, err := name.ParseReference(s, opts...)
	if err != nil {
		return nil, badReference(s, err)
	}
	return ref, nil
}

// parse also allows HTTP to the reference's host where that was asked for;
// HTTPS is still tried first.
func (c *Client) parse(s string) (name.Reference, error) {
	ref, err := parse(s)
	if err != nil || !c.plain.allow(ref.Context().RegistryStr()) {
		return ref, err
	}
	return parse(s, name.Insecure)
}

// parseRepository reads a repository's name, without tag or digest.
func (c *Client) parseRepository(s string) (name.Repository, error) {
	ref, err := c.parse(s)
	if err != nil {
		return name.Repository{}, err
	}
	if _, ok := ref.(name.Digest); ok || strings.HasSuffix(s, ":"+ref.Identifier()) {
		return name.Repository{}, badReference(s, errors.New("a repository has neither tag nor digest"))
	}
	return ref.Context(), nil
}

// parseAll reads at least one reference.
func (c *Client) parseAll(refs []string) ([]name.Reference, error) {
	if len(refs) == 0 {
		return nil, fault.New(fault.Usage, referenceHint, "no reference given: %w", ErrReference)
	}
	parsed := make([]name.Reference, 0, len(refs))
	for _, s := range refs {
		ref, err := c.parse(s)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, ref)
	}
	return parsed, nil
}

func badReference(s string, cause error) error {
	return fault.New(fault.Usage, referenceHint, "%w: %q: %w", ErrReference, s, cause)
}

// show gives the reference or repository in full, as Docker writes it.
func show(named fmt.Stringer) string {
	s := named.String()
	if r, ok := named.(interface{ Name() string }); ok {
		s = r.Name()
	}
	if rest, ok := strings.CutPrefix(s, name.DefaultRegistry+"/"); ok {
		return "docker.io/" + rest
	}
	return s
}

// showHost gives the registry's host as Docker writes it.
func showHost(registry name.Registry) string {
	if registry.RegistryStr() == name.DefaultRegistry {
		return "docker.io"
	}
	return registry.RegistryStr()
}
