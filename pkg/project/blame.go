package project

import (
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/errdefs"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/go-viper/mapstructure/v2"
)

// blame turns an error of compose-go into findings with a place.
func (m *model) blame(err error) error {
	if len(m.report.findings) > 0 {
		return m.err() // an included file that is no YAML
	}
	var rest []error
	for _, err := range split(err) {
		if !m.blameTyped(err) {
			rest = append(rest, err)
		}
	}
	if len(rest) > 0 && !m.unknownKeys() && !m.sourceless() {
		for _, err := range rest {
			m.report.add(m.report.places.named(err.Error()), "%s", m.message(err))
		}
	}
	return m.err()
}

// split takes joined errors apart, whatever they are wrapped in.
func split(err error) []error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if joined, ok := e.(interface{ Unwrap() []error }); ok {
			var all []error
			for _, part := range joined.Unwrap() {
				all = append(all, split(part)...)
			}
			return all
		}
	}
	return []error{err}
}

// blameTyped places the errors that carry what they are about.
func (m *model) blameTyped(err error) bool {
	places := m.report.places
	if missing, ok := errors.AsType[*template.MissingRequiredError](err); ok {
		at := places.mention(func(text string) bool { return strings.Contains(text, "${"+missing.Variable) })
		m.report.hint("set "+missing.Variable+" in the environment or in .env", at, "%v", missing)
		return true
	}
	if invalid, ok := errors.AsType[*template.InvalidTemplateError](err); ok {
		at := places.mention(func(text string) bool { return strings.Contains(text, invalid.Template) })
		m.report.add(at, "%q is not a valid interpolation; write $$ for a $ that is meant as such", invalid.Template)
		return true
	}
	if undecoded, ok := errors.AsType[*mapstructure.DecodeError](err); ok {
		m.report.add(places.named(undecoded.Name()), "%s: %v", dotted(undecoded.Name()), undecoded.Unwrap())
		return true
	}
	if unread, ok := errors.AsType[*fs.PathError](err); ok {
		at := places.mention(func(text string) bool { return text != "" && strings.HasSuffix(unread.Path, filepath.Clean(text)) })
		m.report.add(at, "%v", unread)
		return true
	}
	return false
}

// message is what an error of compose-go says, less what its place says
// already and less the text of its sentinel.
func (m *model) message(err error) string {
	text := strings.TrimSuffix(err.Error(), ": "+errdefs.ErrInvalid.Error())
	for _, file := range m.src.files {
		text = strings.TrimPrefix(text, "validating "+file.Filename+": ")
	}
	return text
}

// dotted writes services[a].image as services.a.image.
func dotted(path string) string {
	return strings.NewReplacer(".[", ".", "[", ".", "]", "").Replace(path)
}

// named is the place of the first thing that a message names: by its path, or
// a service by its name in quotes. compose-go's errors keep the path in their
// text only, so there is no other way; where none is found the place is the
// file.
func (x index) named(text string) position {
	path := regexp.MustCompile(`\b(services|secrets|networks|volumes|configs|jobs|models|include)[.[][^\s:']+`)
	if found := path.FindString(text); found != "" {
		return x.value(x.split(dotted(found))...)
	}
	service := regexp.MustCompile(`\bservice "([^"]+)"`)
	if found := service.FindStringSubmatch(text); found != nil {
		return x.key("services", found[1])
	}
	return x.whole()
}

// whole is the first file as a whole.
func (x index) whole() position {
	if len(x) == 0 {
		return position{}
	}
	return position{file: x[0].file, order: x[0].order}
}

// split takes a dotted path apart. Service names may have dots in them, so the
// longest key that is written in a file is taken at each step.
func (x index) split(path string) []string {
	parts := strings.Split(path, ".")
	var out []string
	for len(parts) > 0 {
		n := len(parts)
		for n > 1 && !x.has(append(slices.Clone(out), strings.Join(parts[:n], "."))...) {
			n--
		}
		out = append(out, strings.Join(parts[:n], "."))
		parts = parts[n:]
	}
	return out
}

func (x index) has(path ...string) bool {
	for _, doc := range x {
		if _, _, depth := descend(doc.root, path); depth == len(path) {
			return true
		}
	}
	return false
}
