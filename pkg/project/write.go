package project

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/gitops"
	"github.com/retort-ci/retort/pkg/internal/nearest"
)

// Write is where a file names the digests of an environment. Its texts are
// templates, as in Environment.
type Write struct {
	File     string
	Path     string   // in a YAML file; empty: the file is a kustomization
	Full     bool     // repository@digest stands there, rather than the digest
	Services []string // that it is about; nil: all deployable ones

	index int // in the file's list
}

// Places are where the files of the environment name the service's image. project
// is the project's name.
func (e Environment) Places(s Service, project string) ([]gitops.Place, error) {
	var places []gitops.Place
	for _, w := range e.Write {
		if w.Services != nil && !slices.Contains(w.Services, s.Name) {
			continue
		}
		place, err := w.place(s.Name, project)
		if err != nil {
			return nil, fault.Wrap(fault.Usage, fmt.Errorf("write of environment %s: %w", e.Name, err), "")
		}
		places = append(places, place)
	}
	return places, nil
}

func (w Write) place(service, project string) (gitops.Place, error) {
	file, err := expand(w.File, service, project)
	if err != nil {
		return gitops.Place{}, err
	}
	file = path.Clean(file)
	if !filepath.IsLocal(file) || file == "." {
		return gitops.Place{}, fmt.Errorf("%q is not a file of the project's directory", file)
	}
	place := gitops.Place{File: file, Full: w.Full}
	if w.Path == "" {
		return place, nil
	}
	text, err := expand(w.Path, gitops.Escape(service), gitops.Escape(project))
	if err == nil {
		place.Path, err = gitops.ParsePath(text)
	}
	return place, err
}

// writes reads the list of files, or the only one.
func (v value) writes() []Write {
	var all []Write
	for i, item := range v.oneOrMore() {
		for _, w := range item.write() {
			w.index = i
			all = append(all, w)
		}
	}
	return all
}

// write is one file, whose key says what it is.
func (v value) write() []Write {
	noted := len(v.report.findings)
	fields := v.fields("kustomization", "compose", "yaml", "digest", "image", "services")
	var kinds []string
	for _, kind := range []string{"kustomization", "compose", "yaml"} {
		if fields[kind].raw != nil {
			kinds = append(kinds, kind)
		}
	}
	switch {
	case len(kinds) != 1 && len(v.report.findings) > noted:
		return nil // the name could stand behind a wrong key
	case len(kinds) != 1:
		v.report.hint("- kustomization: deploy/kustomization.yaml", v.at,
			"%s: names one file, as kustomization, compose or yaml", strings.Join(v.path, "."))
		return nil
	}
	w := Write{File: fields[kinds[0]].said()}
	if fields["services"].raw != nil {
		w.Services = said(fields["services"].some())
	}
	digest, image := fields["digest"], fields["image"]
	if kinds[0] == "yaml" {
		return v.writeYAML(w, digest, image)
	}
	for _, place := range []value{digest, image} {
		if place.raw != nil {
			place.fail("is for yaml; retort knows where a %s names an image", kinds[0])
		}
	}
	if kinds[0] == "compose" {
		w.Path, w.Full = "services.{{.Service}}.image", true
	}
	return []Write{w}
}

// writeYAML is of a file that may name the digest, the whole reference, or both.
func (v value) writeYAML(w Write, digest, image value) []Write {
	if digest.raw == nil && image.raw == nil {
		v.fail(`needs the path of the digest, as digest: "{{.Service}}.image.digest", or image: of the whole reference`)
	}
	var all []Write
	if digest.raw != nil {
		w.Path = digest.said()
		all = append(all, w)
	}
	if image.raw != nil {
		w.Path, w.Full = image.said(), true
		all = append(all, w)
	}
	return all
}

// writes tries what is written on every service that would go there, until one
// is wrong.
func (c checker) writes(e Environment) {
	deployable := c.project.namesOf(Service.Deployable)
	for _, w := range e.Write {
		at := []string{extension, "environments", e.Name, "write"}
		for _, name := range w.Services {
			if name != "" && !slices.Contains(deployable, name) {
				c.report.add(c.report.places.item(w.index, at...), "%s.%d.services: %q is no service that is promoted%s",
					strings.Join(at, "."), w.index, name, nearest.Ask(name, deployable))
			}
		}
		// As to variables that are not set, see template.
		if err := c.writable(w, deployable); err != nil && len(c.unset) == 0 {
			c.report.hint(fault.HintOf(err), c.report.places.item(w.index, at...), "%s.%d: %v", strings.Join(at, "."), w.index, err)
		}
	}
}

func (c checker) writable(w Write, deployable []string) error {
	if w.File == "" {
		return nil // told when it was read
	}
	for _, name := range deployable {
		place, err := w.place(name, c.project.Name)
		if err != nil {
			return err
		}
		if slices.Contains(c.project.Files, filepath.Join(c.project.Dir, place.File)) {
			return fmt.Errorf("%s is the project file itself, in which image names a repository", place.File)
		}
	}
	return nil
}
