package scaffold

import (
	"bufio"
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// dockerfile is what a scaffold has to know of one. BuildKit has the last word on
// whether it is valid.
type dockerfile struct {
	path    string // relative to the repository, with slashes
	stages  []stage
	sources []string // that COPY and ADD take from the build context
}

// stage is one FROM.
type stage struct {
	name    string // lower-case, empty when it has none
	command bool   // it says itself what its container runs
}

// testNames are the names of stages that test rather than ship.
func testNames() []string { return []string{"test", "tests", "unit"} }

// testStage gives the stage that tests, and whether there is one.
func (d dockerfile) testStage() (stage, bool) {
	for _, s := range d.stages {
		if slices.Contains(testNames(), s.name) {
			return s, true
		}
	}
	return stage{}, false
}

// target is the stage to ship, where that is not the last one: behind it stands
// the stage that tests. known is false where the stage to ship has no name.
func (d dockerfile) target() (name string, known bool) {
	last := len(d.stages) - 1
	if last < 0 || !slices.Contains(testNames(), d.stages[last].name) {
		return "", true
	}
	for _, s := range slices.Backward(d.stages[:last]) {
		if !slices.Contains(testNames(), s.name) {
			return s.name, s.name != ""
		}
	}
	return "", false
}

// parseDockerfile reads a Dockerfile's stages and what they copy.
func parseDockerfile(path string, content []byte) dockerfile {
	d := dockerfile{path: path}
	for _, line := range instructions(content) {
		word, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(word) {
		case "FROM":
			d.stages = append(d.stages, stage{name: stageName(rest)})
		case "CMD", "ENTRYPOINT":
			if n := len(d.stages); n > 0 {
				d.stages[n-1].command = true
			}
		case "COPY", "ADD":
			d.sources = append(d.sources, copied(rest)...)
		}
	}
	return d
}

// stageName is the name behind AS.
func stageName(from string) string {
	words := strings.Fields(from)
	for i, w := range words {
		if strings.EqualFold(w, "as") && i+1 < len(words) {
			return strings.ToLower(words[i+1])
		}
	}
	return ""
}

// copied are the plain paths that an instruction takes from the build context.
// What may be anything, a variable or a pattern, is left out.
func copied(rest string) []string {
	words := strings.Fields(strings.NewReplacer("[", " ", "]", " ", `"`, " ", ",", " ").Replace(rest))
	words = slices.DeleteFunc(words, func(w string) bool { return strings.HasPrefix(w, "--") && !strings.HasPrefix(w, "--from=") })
	if len(words) < 2 || strings.HasPrefix(words[0], "--from=") {
		return nil
	}
	sources := words[:len(words)-1]
	return slices.DeleteFunc(sources, func(w string) bool {
		return strings.ContainsAny(w, "$*?\\") || strings.Contains(w, "://") || strings.HasPrefix(w, "<<")
	})
}

// heredoc is the beginning of one, and its delimiter.
var heredoc = regexp.MustCompile(`<<-?["']?([A-Za-z_][A-Za-z0-9_]*)["']?`)

// instructions gives one line per instruction, without comments, with continued
// lines joined and the texts of heredocs left out.
func instructions(content []byte) []string {
	escape := "\\"
	if bytes.Contains(bytes.ToLower(content[:min(len(content), 200)]), []byte("# escape=`")) {
		escape = "`"
	}
	var all []string
	var pending string
	var until []string // delimiters of the heredocs that are open
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, len(content)+1)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		switch {
		case len(until) > 0:
			if line == until[0] {
				until = until[1:]
			}
			continue
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		}
		if head, more := strings.CutSuffix(line, escape); more {
			pending += head + " "
			continue
		}
		all, pending = append(all, pending+line), ""
		for _, match := range heredoc.FindAllStringSubmatch(all[len(all)-1], -1) {
			until = append(until, match[1])
		}
	}
	return all
}
