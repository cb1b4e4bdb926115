package evidence

import (
	"errors"
	"fmt"

	slsa "github.com/in-toto/attestation/go/predicates/provenance/v1"

	"github.com/retort-ci/retort/pkg/evidence/internal/stable"
)

// ParseProvenance reads a statement, and refuses one of another type, without a
// builder or a build type, or with parameters of our build type that this retort
// does not know. Provenance of other build types is read as far as every
// provenance means the same.
func ParseProvenance(data []byte) (Provenance, error) {
	s, err := parseOf(data, ProvenanceType)
	if err != nil {
		return Provenance{}, err
	}
	var predicate slsa.Provenance
	if err := stable.Unmarshal(s.Predicate, &predicate); err != nil {
		return Provenance{}, fmt.Errorf("reading provenance: %w", err)
	}
	p := Provenance{Subjects: s.Subjects}
	if err := p.read(&predicate); err != nil {
		return Provenance{}, fmt.Errorf("reading provenance: %w", err)
	}
	return p, nil
}

func (p *Provenance) read(predicate *slsa.Provenance) error {
	definition, run := predicate.GetBuildDefinition(), predicate.GetRunDetails()
	p.Builder, p.Version = run.GetBuilder().GetId(), run.GetBuilder().GetVersion()[versionKey]
	p.BuildType, p.Invocation = definition.GetBuildType(), run.GetMetadata().GetInvocationId()
	p.Started, p.Finished = timeOf(run.GetMetadata().GetStartedOn()), timeOf(run.GetMetadata().GetFinishedOn())
	switch {
	case p.Builder == "":
		return errors.New("it names no builder")
	case p.BuildType == "":
		return errors.New("it names no build type")
	case p.BuildType != BuildType:
		return nil
	}
	if err := p.readExternal(definition.GetExternalParameters()); err != nil {
		return err
	}
	p.readDependencies(definition.GetResolvedDependencies())
	return p.Source.check()
}
