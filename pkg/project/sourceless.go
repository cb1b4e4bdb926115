package project

import (
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
)

// sourceless notes the bind mounts of the files that do not say what they
// mount, and tells whether there are any. As unknownKeys, it is asked once
// compose-go has refused the files; its own message has no place.
func (m *model) sourceless() bool {
	noted := len(m.report.findings)
	for _, doc := range m.report.places {
		_, services, depth := descend(doc.root, []string{"services"})
		if depth == 0 || services.Kind != yaml.MappingNode {
			continue
		}
		for pair := range slices.Chunk(services.Content, 2) {
			m.sourcelessIn(doc, pair[0].Value, pair[1])
		}
	}
	return len(m.report.findings) > noted
}

func (m *model) sourcelessIn(doc document, name string, service *yaml.Node) {
	_, mounts, depth := descend(resolve(service), []string{"volumes"})
	if depth == 0 || mounts.Kind != yaml.SequenceNode {
		return
	}
	for i, mount := range mounts.Content {
		if textIn(mount, "type") == types.VolumeTypeBind && textIn(mount, "source") == "" {
			m.report.add(doc.at(mount), "services.%s.volumes.%d: a bind mount needs a source", name, i)
		}
	}
}
