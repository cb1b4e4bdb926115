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

// secretVariables are the values of variables whose names say that nobody should
// see them, and the passwords in addresses. The project file may have put any of
// them into what retort runs.
func (p *Pipeline) secretVariables() []string {
	var values []string
	for _, pair := range append(p.Project.Environ(), p.opts.Env...) {
		name, value, _ := strings.Cut(pair, "=")
		if secretName.MatchString(name) {
			values = append(values, value)
		}
		for _, login := range userInURL.FindAllString(value, -1) {
			login = strings.TrimSuffix(strings.TrimPrefix(login, "://"), "@")
			if _, password, ok := strings.Cut(login, ":"); ok {
				login = password
			}
			values = append(values, login)
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
