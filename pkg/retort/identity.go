package retort

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/state"
)

// identityVersion is part of every identity: it grows when retort comes to run
// suites in another way, so that no verdict of before stands for one of now.
const identityVersion = 1

// definition is how a suite is run, less the images. Secrets are left out: a
// digest that everyone may read would tell a short one.
type definition struct {
	Suite    project.Suite
	Services []definedService
	Split    []string // the files that shards share out
}

type definedService struct {
	Name      string
	DependsOn []project.Dependency
	Run       project.Run
	Files     []string // digests of their content
}

// inputs is all that a verdict depends on.
type inputs struct {
	Version    int
	Name       string
	Image      string            // of the suite
	Beside     map[string]string // service to image ID
	Verifies   map[string]string
	Definition string
	Shard      *state.Shard
}

// identify sets the digests of what the suite is and of what goes into it.
func (s *plannedSuite) identify(closure []project.Service) error {
	d := definition{Suite: *s.Suite, Split: s.files}
	// They say when it is run, not how.
	d.Suite.NoCache, d.Suite.MaxAge, d.Suite.Structure = false, 0, nil
	d.Services = append(d.Services, s.defined(s.Service))
	for _, dep := range closure {
		d.Services = append(d.Services, s.defined(dep))
	}
	var err error
	if s.definition, err = digestJSON(d); err != nil {
		return err
	}
	if s.shard != nil {
		s.division.Definition = s.definition
		if s.shard.Plan, err = digestJSON(s.division); err != nil {
			return err
		}
	}
	s.inputs, err = digestJSON(inputs{
		Version: identityVersion, Name: s.Name, Image: s.image, Beside: s.beside, Verifies: s.verifies,
		Definition: s.definition, Shard: s.shard,
	})
	return err
}

// defined is a service without what differs between machines that run it the
// same way: where its files lie, and where in the project file it says so.
func (s *plannedSuite) defined(of project.Service) definedService {
	d := definedService{Name: of.Name, DependsOn: of.DependsOn, Run: of.Run}
	content := map[string][]byte{}
	for _, f := range s.filesOf(of.Name) {
		content[f.Path] = f.Content
	}
	d.Run.Binds, d.Run.Files = nil, nil
	for _, b := range of.Run.Binds {
		b.At = ""
		d.Run.Binds = append(d.Run.Binds, b)
	}
	for _, f := range of.Run.Files {
		digest := ""
		if !f.Secret {
			digest = digestOf([][]byte{content[f.Path]})
		}
		d.Files = append(d.Files, digest)
		f.Source, f.Content = "", ""
		d.Run.Files = append(d.Run.Files, f)
	}
	return d
}

// digestOf is the digest of texts, one after the other.
func digestOf(texts [][]byte) string {
	h := sha256.New()
	for _, text := range texts {
		_, _ = fmt.Fprintf(h, "%d\n", len(text)) // where one ends is part of what is said
		_, _ = h.Write(text)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func digestJSON(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return digestOf([][]byte{data}), nil
}
