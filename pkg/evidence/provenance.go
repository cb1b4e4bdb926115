package evidence

import (
	"errors"
	"fmt"
	"time"

	slsa "github.com/in-toto/attestation/go/predicates/provenance/v1"
)

// ProvenanceType is the predicate type of a Provenance
// (https://slsa.dev/spec/v1.0/provenance).
const ProvenanceType = "https://slsa.dev/provenance/v1"

// BuildType says how a Provenance of ours is to be read: an image of a project,
// built from a Dockerfile, with Parameters and a Source. What changes their
// meaning needs another URI.
const BuildType = "https://github.com/retort-ci/retort/build/dockerfile/v1"

// versionKey is our name among the versions of a builder.
const versionKey = "retort"

// Provenance says how images came to be.
type Provenance struct {
	Subjects []Subject // what was built
	// Builder is the URI of who built it and is trusted to tell the truth here:
	// the address of the CI server.
	Builder    string
	Version    string // of the retort that built, or empty
	BuildType  string // BuildType when empty
	Invocation string // URL or ID of the CI build, or empty
	Started    time.Time
	Finished   time.Time

	// The rest is the build type's to explain. ParseProvenance reads it where
	// that is BuildType, and leaves it empty otherwise.
	Source     Source
	Parameters Parameters
	BaseImages []Subject // the images that the Dockerfile began with
}

// Statement gives the in-toto statement, as JSON whose bytes depend on the
// provenance alone. One without a subject or a builder, with a digest or a commit
// that is none, or with a password in a URL, is an error.
func (p Provenance) Statement() ([]byte, error) {
	if p.BuildType == "" {
		p.BuildType = BuildType
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	predicate, err := p.predicate()
	if err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	data, err := statement(p.Subjects, ProvenanceType, predicate)
	if err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	return data, nil
}

// About is true when the digest is one of the subjects.
func (p Provenance) About(digest string) bool { return about(p.Subjects, digest) }

// check refuses what must not be written down.
func (p Provenance) check() error {
	switch {
	case p.Builder == "":
		return errors.New("it names no builder")
	case p.BuildType != BuildType:
		return fmt.Errorf("build type %s is not ours to write", p.BuildType)
	}
	for _, address := range []string{p.Builder, p.Invocation, p.Source.Repository} {
		if err := noPassword(address); err != nil {
			return err
		}
	}
	if err := p.Source.check(); err != nil {
		return err
	}
	return p.Parameters.check()
}

func (p Provenance) predicate() (*slsa.Provenance, error) {
	parameters, err := toStruct(external{p.Parameters, p.Source.parameters()})
	if err != nil {
		return nil, err
	}
	dependencies, err := p.dependencies()
	if err != nil {
		return nil, err
	}
	builder := &slsa.Builder{Id: p.Builder}
	if p.Version != "" {
		builder.Version = map[string]string{versionKey: p.Version}
	}
	return &slsa.Provenance{
		BuildDefinition: &slsa.BuildDefinition{
			BuildType: p.BuildType, ExternalParameters: parameters, ResolvedDependencies: dependencies,
		},
		RunDetails: &slsa.RunDetails{Builder: builder, Metadata: &slsa.BuildMetadata{
			InvocationId: p.Invocation, StartedOn: timestamp(p.Started), FinishedOn: timestamp(p.Finished),
		}},
	}, nil
}
