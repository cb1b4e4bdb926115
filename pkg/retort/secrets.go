package retort

import (
	"strings"

	"github.com/retort-ci/retort/pkg/project"
)

// Secrets gives the values of the project's secrets, for whoever shows output: a
// RUN instruction or a suite may print what it was given. One that cannot be
// read is for the stage that needs it to complain about.
func (p *Pipeline) Secrets() []string {
	var values []string
	for _, f := range p.secretFiles() {
		content, _ := p.content(f)
		if value := strings.TrimSpace(string(content)); value != "" {
			values = append(values, value)
		}
	}
	return values
}

// secretFiles are the secrets of builds and of containers.
func (p *Pipeline) secretFiles() []project.File {
	var files []project.File
	for _, s := range p.Project.Services {
		if s.Build != nil {
			for _, secret := range s.Build.Secrets {
				files = append(files, project.File{Source: secret.File, Env: secret.Env})
			}
		}
		for _, f := range s.Run.Files {
			if f.Secret {
				files = append(files, f)
			}
		}
	}
	return files
}
