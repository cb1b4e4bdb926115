package main

import (
	"crypto/rand"
	"fmt"
	"strings"
	"unicode/utf16"
)

// githubOutput is what GitHub Actions reads from $GITHUB_OUTPUT. All references
// together are one more, a line each; what ends it no value can guess.
func githubOutput(images []delivered, outputs []output) string {
	var w strings.Builder
	for _, o := range outputs {
		writeGitHub(&w, o)
	}
	refs := make([]string, len(images))
	for i, img := range images {
		refs[i] = img.ref
	}
	if len(refs) > 0 {
		writeGitHub(&w, output{"refs", strings.Join(refs, "\n")})
	}
	return w.String()
}

func writeGitHub(w *strings.Builder, o output) {
	if !strings.ContainsAny(o.value, "\r\n") {
		fmt.Fprintf(w, "%s=%s\n", o.name, o.value)
		return
	}
	end := "retort_" + rand.Text()
	fmt.Fprintf(w, "%s<<%s\n%s\n%s\n", o.name, end, o.value, end)
}

// dotenv is what GitLab reads of artifacts:reports:dotenv: no quotes, no escapes,
// and few variables, so that there are digests alone.
func dotenv(outputs []output) string {
	var w strings.Builder
	for _, o := range outputs {
		if strings.HasPrefix(o.name, "digest") {
			fmt.Fprintf(&w, "RETORT_%s=%s\n", strings.ToUpper(o.name), strings.NewReplacer("\r", " ", "\n", " ").Replace(o.value))
		}
	}
	return w.String()
}

// properties is what java.util.Properties loads, as Jenkins' readProperties does.
func properties(outputs []output) string {
	var w strings.Builder
	for _, o := range outputs {
		fmt.Fprintf(&w, "%s=%s\n", escapeProperty(o.name, " =:#!"), escapeProperty(o.value, ""))
	}
	return w.String()
}

// escapeProperty writes what may not stand as it is: special characters, white
// space at the beginning, and what is not ASCII.
func escapeProperty(text, special string) string {
	var w strings.Builder
	for i, r := range text {
		switch {
		case r == '\\', strings.ContainsRune(special, r), r == ' ' && i == 0:
			w.WriteString(`\` + string(r))
		case r == '\n':
			w.WriteString(`\n`)
		case r >= ' ' && r < 0x7f:
			w.WriteRune(r)
		default:
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&w, `\u%04x`, unit)
			}
		}
	}
	return w.String()
}
