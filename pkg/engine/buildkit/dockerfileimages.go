package buildkit

import (
	"bytes"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// imagesIn are the images that the Dockerfile names in FROM, COPY --from and RUN
// --mount=from, as keys of named contexts have them. A context replaces a stage
// of its name too, so what is the name of a stage is left out, whatever else it
// names; and so is what cannot be known before the build: the platform's own
// arguments. A Dockerfile that makes no sense has none: the frontend tells why.
func imagesIn(dockerfile []byte, args map[string]string) map[string]bool {
	parsed, err := parser.Parse(bytes.NewReader(dockerfile))
	if err != nil {
		return nil
	}
	stages, globals, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return nil
	}
	words := shell.NewLex(parsed.EscapeToken)
	env := globalArgs(words, globals, args)
	images := map[string]bool{}
	for _, stage := range stages {
		if base, err := words.ProcessWordWithMatches(stage.BaseName, env); err == nil && len(base.Unmatched) == 0 {
			addImage(images, base.Result)
		}
		for _, command := range stage.Commands {
			switch c := command.(type) {
			case *instructions.CopyCommand:
				addImage(images, c.From)
			case *instructions.RunCommand:
				for _, mount := range instructions.GetMounts(c) {
					addImage(images, mount.From)
				}
			}
		}
	}
	for _, stage := range stages {
		for name := range images {
			if strings.EqualFold(name, contextKey(stage.Name)) {
				delete(images, name)
			}
		}
	}
	return images
}

// globalArgs are the arguments before the first FROM, with the build's own over
// their defaults.
func globalArgs(words *shell.Lex, globals []instructions.ArgCommand, args map[string]string) shell.EnvGetter {
	var env []string
	for _, command := range globals {
		for _, arg := range command.Args {
			value, given := args[arg.Key]
			if !given {
				if arg.Value == nil {
					continue
				}
				word, unmatched, err := words.ProcessWord(*arg.Value, shell.EnvsFromSlice(env))
				if err != nil || len(unmatched) > 0 {
					continue
				}
				value = word
			}
			env = append(env, arg.Key+"="+value)
		}
	}
	return shell.EnvsFromSlice(env)
}

// addImage adds what is a reference: not the number of a stage, nor a variable,
// which these places do not have.
func addImage(images map[string]bool, ref string) {
	if key := contextKey(ref); key != "" && strings.Trim(ref, "0123456789") != "" {
		images[key] = true
	}
}

// contextKey is the reference as the frontend asks for a named context, or "".
func contextKey(ref string) string {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(reference.FamiliarString(named), ":latest")
}
