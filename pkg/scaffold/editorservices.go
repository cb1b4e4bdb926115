package scaffold

import (
	"bytes"
	"errors"
	"strings"

	"go.yaml.in/yaml/v4"
)

// appendService puts a service behind the last one. Its lines are indented as
// under a mapping of two spaces.
func (e *editor) appendService(lines []string) error {
	_, services := entry(e.root, "services")
	if services == nil || services.Kind != yaml.MappingNode || services.Style&yaml.FlowStyle != 0 || len(services.Content) == 0 {
		return errors.New("its services are not a block of lines, where one could be added")
	}
	step := strings.Repeat(" ", services.Content[0].Column-1)
	var text strings.Builder
	text.WriteByte('\n')
	for _, line := range lines {
		inner := strings.TrimLeft(line, " ")
		depth := 1 + (len(line)-len(inner))/2
		text.WriteString(strings.Repeat(step, depth) + inner + "\n")
	}
	e.insert(e.endOfServices(len(step)), text.String())
	return nil
}

// endOfServices is behind the last line of the services: empty lines and
// comments that stand further left than a service belong to what follows.
func (e *editor) endOfServices(indent int) int {
	next := 0 // line of the key behind services
	for i := 0; i+2 < len(e.root.Content); i += 2 {
		if e.root.Content[i].Value == "services" {
			next = e.root.Content[i+2].Line
		}
	}
	end := len(e.text)
	if next > 0 {
		end = e.offset(next, 1)
	}
	for end > 0 {
		start := bytes.LastIndexByte(e.text[:end-1], '\n') + 1
		line := string(e.text[start:end])
		inner := strings.TrimLeft(line, " ")
		comment := strings.HasPrefix(inner, "#") && len(line)-len(inner) < indent
		if strings.TrimSpace(line) != "" && !comment {
			break
		}
		end = start
	}
	return end
}

// build is the service's build section in one line of flow style, with another
// target. It is false where the section does not stand in the service itself.
func (e *editor) build(service, target string) (string, bool) {
	_, mapping := e.service(service)
	_, section := entry(mapping, "build")
	if section == nil {
		return "", false
	}
	if section.Kind == yaml.AliasNode {
		section = section.Alias
	}
	switch section.Kind {
	case yaml.ScalarNode:
		section = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{word("context"), plain(section)}}
	case yaml.MappingNode:
		section = plain(section)
	default:
		return "", false
	}
	if _, old := entry(section, "target"); old != nil {
		*old = *word(target)
	} else {
		section.Content = append(section.Content, word("target"), word(target))
	}
	section.Style = yaml.FlowStyle
	text, err := yaml.Dump(section, yaml.WithLineWidth(-1))
	line := strings.TrimSpace(string(text))
	if err != nil || strings.Contains(line, "\n") {
		return "", false
	}
	return "{ " + strings.TrimSuffix(strings.TrimPrefix(line, "{"), "}") + " }", true
}

func word(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }

// plain is a copy without anchors and comments, which stand where they are.
func plain(n *yaml.Node) *yaml.Node {
	c := *n
	c.Anchor, c.HeadComment, c.LineComment, c.FootComment = "", "", "", ""
	c.Content = nil
	for _, child := range n.Content {
		c.Content = append(c.Content, plain(child))
	}
	if c.Kind != yaml.ScalarNode {
		c.Style = yaml.FlowStyle
	}
	return &c
}
