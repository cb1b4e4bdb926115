package project

import (
	"fmt"
	"strings"
	"text/template"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/fault"
)

// Target is where a digest of the service goes in this environment: a
// repository, the service's own when the environment names none, and a tag.
// project is the project's name, for templates.
func (e Environment) Target(s Service, project string) (repository, tag string, err error) {
	repository = s.Image
	if e.Repository != "" {
		repository, err = expand(e.Repository, s.Name, project)
	}
	if err == nil {
		err = checkRepository(repository)
	}
	if err != nil {
		return "", "", fault.Wrap(fault.Usage, fmt.Errorf("repository of %s in environment %s: %w", s.Name, e.Name, err), "")
	}
	if tag, err = expand(e.Tag, s.Name, project); err == nil {
		err = checkTag(tag)
	}
	if err != nil {
		return "", "", fault.Wrap(fault.Usage, fmt.Errorf("tag of %s in environment %s: %w", s.Name, e.Name, err), "")
	}
	return repository, tag, nil
}

// names are the fields that a template may use.
type names struct{ Service, Project string }

// expand executes a template over the names of a service and the project.
func expand(text, service, project string) (string, error) {
	const hint = "templates know {{.Service}} and {{.Project}}"
	t, err := template.New("template").Parse(text)
	if err != nil {
		return "", fault.Wrap(fault.Usage, fmt.Errorf("parse %q: %w", text, err), hint)
	}
	var out strings.Builder
	if err := t.Execute(&out, names{service, project}); err != nil {
		return "", fault.Wrap(fault.Usage, fmt.Errorf("execute %q: %w", text, err), hint)
	}
	return out.String(), nil
}

// checkRepository says why ref cannot be the name of a repository: retort
// names the digest, so there is no place for a tag.
func checkRepository(ref string) error {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return fmt.Errorf("%q is not the name of a repository: %w", ref, err)
	}
	if digested, ok := named.(reference.Digested); ok {
		return fmt.Errorf("%q names the digest %s: drop it, for retort names the digest", ref, digested.Digest())
	}
	if tagged, ok := named.(reference.Tagged); ok {
		return fmt.Errorf("%q has the tag %s: drop it, for retort names the digest", ref, tagged.Tag())
	}
	// The registry client is stricter than Docker's grammar: two letters at least.
	if _, err := name.NewRepository(ref); err != nil {
		return fmt.Errorf("%q is not the name of a repository: %w", ref, err)
	}
	return nil
}

func checkTag(tag string) error {
	if tag == "" || reference.TagRegexp.FindString(tag) != tag {
		return fmt.Errorf("%q is not a valid tag", tag)
	}
	return nil
}
