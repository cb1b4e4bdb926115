package retort

import (
	"os"
	"strings"
)

// Secrets gives the values of the project's build secrets, for whoever shows
// output: a RUN instruction may print what it was given. One that cannot be
// read is the build's to complain about.
func (p *Pipeline) Secrets() []string {
	var values []string
	for _, s := range p.Project.Services {
		if s.Build == nil {
			continue
		}
		for _, secret := range s.Build.Secrets {
			value := p.getenv(secret.Env)
			if secret.File != "" {
				content, _ := os.ReadFile(secret.File)
				value = string(content)
			}
			if value = strings.TrimSpace(value); value != "" {
				values = append(values, value)
			}
		}
	}
	return values
}
