package scaffold

import (
	"os"
	"slices"
	"strings"
)

// facts are what the files of CI systems are made of.
type facts struct {
	Branch   string        // whose builds are promoted
	Suites   bool          // there is something to test
	Shards   []int         // 1 to the largest division of a suite; nil when none is divided
	First    []environment // entered by each build of the branch
	Later    []environment // entered from another one
	Registry string        // host
	Variable bool          // images name it by ${REGISTRY}
	Owner    string        // of the repository on its server, lower-case
}

type environment struct{ Name, Title string }

// placeholder is the registry of files that nobody has changed yet.
const placeholder = "registry.example.com"

// newFacts are those of a compose file that this plan makes or extends.
func newFacts(r *repository, suites bool) facts {
	f := r.common()
	f.Suites = suites
	f.First, f.Later = []environment{titled("staging")}, []environment{titled("production")}
	return f
}

// factsOf are those of a compose file that speaks of retort already.
func factsOf(r *repository) facts {
	f := r.common()
	shards := 0
	for _, s := range r.project.Services {
		if s.Suite != nil {
			f.Suites = true
			shards = max(shards, s.Suite.Shards)
		}
	}
	for n := 1; shards > 1 && n <= shards; n++ {
		f.Shards = append(f.Shards, n)
	}
	for _, e := range r.project.Environments {
		if e.After == "" {
			f.First = append(f.First, titled(e.Name))
		} else {
			f.Later = append(f.Later, titled(e.Name))
		}
	}
	return f
}

func titled(name string) environment {
	return environment{Name: name, Title: strings.ToUpper(name[:1]) + name[1:]}
}

func (r *repository) common() facts {
	f := facts{Branch: "main", Registry: placeholder, Variable: true}
	if slices.Contains([]string{"main", "master", "trunk", "develop"}, r.git.Branch) {
		f.Branch = r.git.Branch
	}
	if _, slug, ok := strings.Cut(strings.TrimPrefix(r.git.Remote, "https://"), "/"); ok {
		owner, _, _ := strings.Cut(slug, "/")
		f.Owner = strings.ToLower(owner)
	}
	if host := r.literalHost(); host != "" {
		f.Registry, f.Variable = host, false
	}
	return f
}

// literalHost is the registry that the compose file writes out in the images that
// are built here; empty where it leaves it to ${REGISTRY}, or init will.
func (r *repository) literalHost() string {
	if r.project == nil {
		return ""
	}
	host := ""
	for _, s := range r.project.Services {
		if !s.Deployable() {
			continue
		}
		for _, file := range r.project.Files {
			text, err := os.ReadFile(file)
			if err != nil {
				continue // it was read a moment ago; the placeholder does no harm
			}
			if e, err := newEditor(text); err == nil && strings.Contains(e.image(s.Name), "REGISTRY") {
				return ""
			}
		}
		host = hostOf(s.Image)
	}
	return host
}

// hub is the registry of images that name none.
const hub = "docker.io"

func hostOf(image string) string {
	host, _, ok := strings.Cut(image, "/")
	if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return hub
	}
	return host
}

// Server is the registry's address, as Jenkins wants it.
func (f facts) Server() string {
	if f.Registry == hub {
		return "https://index.docker.io/v1/"
	}
	return "https://" + f.Registry
}

// Total is the number of shards.
func (f facts) Total() int { return len(f.Shards) }
