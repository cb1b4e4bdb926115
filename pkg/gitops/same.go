package gitops

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

// asMeant is true when docs are those of the file, but for what the targets say.
func (f *file) asMeant(docs []*yaml.Node) bool {
	return slices.EqualFunc(f.docs, docs, f.same)
}

// same compares a node with what it has become. An alias says what its anchor
// does, which is compared where it stands.
func (f *file) same(old, now *yaml.Node) bool {
	if i := slices.IndexFunc(f.targets, func(t target) bool { return t.node == old }); i >= 0 {
		return now.Kind == yaml.ScalarNode && now.Value == f.targets[i].says && alike(old, now)
	}
	return old.Kind == now.Kind && old.Value == now.Value && old.Tag == now.Tag && alike(old, now) &&
		slices.EqualFunc(old.Content, now.Content, f.same)
}

// alike compares what no edit may touch.
func alike(a, b *yaml.Node) bool {
	return a.Line == b.Line && a.Anchor == b.Anchor &&
		a.HeadComment == b.HeadComment && a.LineComment == b.LineComment && a.FootComment == b.FootComment
}
