package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
)

// Parameters are what a build was told from outside, besides its source. No
// value of a secret is among them.
type Parameters struct {
	Service    string            `json:"service"`
	Context    string            `json:"context,omitempty"` // relative to the source's root
	Dockerfile string            `json:"dockerfile,omitempty"`
	Target     string            `json:"target,omitempty"`
	Platforms  []string          `json:"platforms,omitempty"`
	Args       map[string]string `json:"args,omitempty"`
	Secrets    []string          `json:"secrets,omitempty"` // names alone
}

// check refuses an argument that carries what is declared a secret.
func (p Parameters) check() error {
	for _, name := range p.Secrets {
		if _, both := p.Args[name]; both {
			return fmt.Errorf("secret %s is a build argument too, and would be readable by everyone", name)
		}
	}
	return nil
}

// external is the JSON of externalParameters, where SLSA has everything that
// someone outside may choose: the source's branch and tag too.
type external struct {
	Parameters
	Source sourceParameters `json:"source,omitzero"`
}

// readExternal is strict: SLSA wants parameters that nobody knows to be refused,
// because they may mean a build of another kind.
func (p *Provenance) readExternal(parameters *structpb.Struct) error {
	raw, err := protojson.Marshal(parameters)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var e external
	if err := decoder.Decode(&e); err != nil {
		return fmt.Errorf("external parameters: %w", err)
	}
	p.Parameters = e.Parameters
	p.Source = Source{
		Repository: e.Source.Repository, Branch: e.Source.Branch, Tag: e.Source.Tag, Modified: e.Source.Modified,
	}
	return p.Parameters.check()
}
