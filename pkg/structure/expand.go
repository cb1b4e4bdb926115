package structure

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// reference is $NAME or ${NAME}. What else a shell makes of a dollar is the shell's.
var reference = regexp.MustCompile(`\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})`)

// environment is variables by name.
type environment map[string]string

// imageEnvironment is that of the image's config.
func imageEnvironment(config *v1.Config) environment {
	env := environment{}
	for _, pair := range config.Env {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return env
}

// defaultPath is what engines set where the image sets no PATH.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// processEnvironment is what a process in a container of the image has.
func processEnvironment(config *v1.Config) environment {
	env := imageEnvironment(config)
	if _, ok := env["PATH"]; !ok {
		env["PATH"] = defaultPath
	}
	return env
}

// with adds variables, in whose values those before them are replaced.
func (e environment) with(variables []Variable) environment {
	all := maps.Clone(e)
	for _, v := range variables {
		all[v.Key] = all.expand(v.Value)
	}
	return all
}

// expand replaces references to variables that are set, and leaves the others.
func (e environment) expand(text string) string {
	return reference.ReplaceAllStringFunc(text, func(ref string) string {
		if value, ok := e[strings.Trim(ref, "${}")]; ok {
			return value
		}
		return ref
	})
}

func (e environment) expandAll(words []string) []string {
	expanded := make([]string, len(words))
	for i, w := range words {
		expanded[i] = e.expand(w)
	}
	return expanded
}

// besides gives, as NAME=value in order, what differs from another environment.
func (e environment) besides(other environment) []string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(e)) {
		if value, ok := other[name]; !ok || value != e[name] {
			pairs = append(pairs, name+"="+e[name])
		}
	}
	return pairs
}
