package project

import "github.com/distribution/reference"

// repositories notes services that would push over each other. Names are
// compared in full: redis is docker.io/library/redis.
func (c checker) repositories() {
	first := map[string]string{}
	for _, s := range c.project.Services {
		if !s.Deployable() {
			continue
		}
		named, err := reference.ParseNormalizedNamed(s.Image)
		if err != nil {
			continue // told already
		}
		if other, ok := first[named.Name()]; ok {
			c.report.hint("give each a repository of its own", c.report.places.value("services", s.Name, "image"),
				"services.%s.image: %q has the repository %s too, and the two would push over each other", s.Name, other, named.Name())
			continue
		}
		first[named.Name()] = s.Name
	}
}
