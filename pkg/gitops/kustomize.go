package gitops

import (
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/nearest"
)

// kustomize edits the entries of a kustomization's images that are the image's
// (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images):
// digest, and newName, without which the image would be pulled from where its
// name says.
func (f *file) kustomize(image Image) error {
	found := false
	var others []string
	for _, doc := range f.docs {
		if doc.Kind != yaml.MappingNode {
			continue
		}
		images, _ := entry(doc, "images")
		if images == nil || images.Kind != yaml.SequenceNode {
			continue
		}
		for _, one := range images.Content {
			name := textOf(one, "name")
			if !slices.Contains(image.Names, name) {
				others = append(others, name)
				continue
			}
			found = true
			if err := f.kustomizeOne(one, name, image); err != nil {
				return err
			}
		}
	}
	if !found {
		return fault.New(fault.Usage, "add it to its images: - { name: "+image.Names[0]+`, newName: "", digest: "" }`,
			"%s: its images have no %s%s", f.name, image.Names[0], nearest.Ask(image.Names[0], others))
	}
	return nil
}

func (f *file) kustomizeOne(one *yaml.Node, name string, image Image) error {
	for _, field := range []struct {
		key, says string
		must      bool
	}{
		{"newName", image.Repository, name != image.Repository},
		{"digest", image.Digest, true},
	} {
		n, _ := descend(one, Path{field.key})
		switch {
		case n != nil:
			if err := f.set(n, field.says); err != nil {
				return err
			}
		case field.must || textOf(one, field.key) != "":
			return fault.New(fault.Usage, "write it once: "+field.key+`: ""`,
				"%s:%d:%d: image %s has no %s of its own", f.name, one.Line, one.Column, name, field.key)
		}
	}
	return nil
}

// textOf is what a mapping says under a key, aliases followed.
func textOf(n *yaml.Node, key string) string {
	if n.Kind != yaml.MappingNode {
		return ""
	}
	value, _ := entry(n, key)
	if value != nil && value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	if value == nil {
		return ""
	}
	return value.Value
}
