package scaffold

import (
	"embed"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
)

//go:embed templates
var templates embed.FS

// Systems are the CI systems that files can be planned for.
func Systems() []ci.System {
	return []ci.System{ci.Jenkins, ci.Travis, ci.GitHub, ci.GitLab}
}

// fileOf is the file that a system reads, and the template that it is made of.
func fileOf(system ci.System) (path, source string) {
	switch system {
	case ci.Jenkins:
		return "Jenkinsfile", "Jenkinsfile"
	case ci.Travis:
		return ".travis.yml", "travis.yml"
	case ci.GitHub:
		return ".github/workflows/retort.yml", "github.yml"
	case ci.GitLab:
		return ".gitlab-ci.yml", "gitlab-ci.yml"
	case ci.None, ci.Drone, ci.Woodpecker:
	}
	return "", ""
}

// systems are those that the repository has files of; without any, the one that
// its remote names, or Jenkins.
func (r *repository) systems() []ci.System {
	var found []ci.System
	for _, s := range Systems() {
		file, _ := fileOf(s)
		there := isFile(filepath.Join(r.dir, file))
		if s == ci.GitHub {
			others, _ := filepath.Glob(filepath.Join(r.dir, ".github", "workflows", "*.y*ml")) // the pattern is a good one
			there = len(others) > 0
		}
		if there {
			found = append(found, s)
		}
	}
	if len(found) > 0 {
		return found
	}
	host := ""
	if remote, err := url.Parse(r.git.Remote); err == nil {
		host = remote.Hostname()
	}
	for _, s := range []ci.System{ci.GitHub, ci.GitLab} {
		if slices.Contains(strings.Split(host, "."), string(s)) {
			return []ci.System{s}
		}
	}
	return []ci.System{ci.Jenkins}
}

// pipeline plans the file of a CI system.
func (p *Plan) pipeline(system ci.System, f facts, force bool) error {
	path, source := fileOf(system)
	if path == "" {
		return fault.New(fault.Usage, fmt.Sprintf("those known are %v", Systems()), "there is no pipeline file for %q", system)
	}
	text, err := render(source, f)
	if err != nil {
		return err
	}
	if err := p.add(path, text, force); err != nil {
		return err
	}
	if last := p.Files[len(p.Files)-1]; last.Writes() && strings.Contains(string(text), placeholder) {
		p.note("%s: %s stands for your registry: put its name there", path, placeholder)
	}
	return nil
}

// render executes a template. Its delimiters are none that a template's own
// text has: {{.Service}} belongs to retort, ${{ … }} to GitHub.
func render(source string, data any) ([]byte, error) {
	t, err := template.New(source).Delims("<%", "%>").ParseFS(templates, "templates/"+source)
	if err != nil {
		return nil, fmt.Errorf("template of %s: %w", source, err)
	}
	var out strings.Builder
	if err := t.Execute(&out, data); err != nil {
		return nil, fmt.Errorf("template of %s: %w", source, err)
	}
	return []byte(out.String()), nil
}
