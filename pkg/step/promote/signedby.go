package promote

import (
	"context"
	"fmt"
	"strings"
)

// SignedBy is the gate that lets in only digests whose provenance is signed with
// one of the environment's keys: what nobody vouches for may have been built by
// anyone who can write to the registry.
type SignedBy struct {
	Keys []string // names of the keys
	// Provenance gives the key that signed a provenance about repository@digest.
	// When none did, the key is empty, and found tells of each that is there.
	Provenance func(ctx context.Context, image string) (key string, found []string, err error)
	// Pushed gives the repository that a service is pushed to, and signed in. Nil:
	// that of the edge.
	Pushed func(service string) string
}

var _ Gate = SignedBy{}

// Name is the key in the project file.
func (SignedBy) Name() string { return "signed-by" }

// Ask reads the provenance that the registry holds about this very digest.
func (s SignedBy) Ask(ctx context.Context, e Edge) (Verdict, error) {
	key, found, err := s.Provenance(ctx, e.From)
	if err != nil {
		return Verdict{}, err
	}
	if key != "" {
		return Verdict{Allowed: true, Reason: "provenance is signed by " + key}, nil
	}
	there := "there is none"
	if len(found) > 0 {
		there = "there is " + strings.Join(found, "; and ")
	}
	return Verdict{
		Reason: fmt.Sprintf("no provenance of %s is signed by %s: %s", e.Digest(), strings.Join(s.Keys, " or "), there),
		Remedy: s.remedy(e),
	}, nil
}

// remedy signs it. A rollback reads the environment's own repository, which only
// a promotion brings signatures to.
func (s SignedBy) remedy(e Edge) string {
	sign := fmt.Sprintf("retort push %s --key FILE, where it was built", e.Service)
	from, _, _ := strings.Cut(e.From, "@")
	if s.Pushed == nil || s.Pushed(e.Service) == from {
		return sign
	}
	return fmt.Sprintf("%s, then there retort promote %s --to %s, which brings it to %s", sign, e.Service, e.Environment, from)
}
