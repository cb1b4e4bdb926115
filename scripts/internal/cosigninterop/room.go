package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/registry"
)

// room is where cosign and we meet: a registry.
type room struct {
	cosign
	registry *registry.Client
	addr     string
	retort   string // path of the command
}

// image pushes one that nobody has said anything about yet, and gives its
// repository@digest.
func (r *room) image(ctx context.Context) (string, error) {
	img, err := random.Image(64, 1)
	if err != nil {
		return "", err
	}
	repository := r.addr + "/shop/orders"
	pushed, err := r.registry.Push(ctx, img, repository+":candidate")
	if err != nil {
		return "", err
	}
	return repository + "@" + pushed.Digest, nil
}

// keys are the public keys in a file of the room.
func (r *room) keys(file string) (bundle.Keys, error) {
	data, err := os.ReadFile(r.file(file))
	if err != nil {
		return nil, err
	}
	return bundle.ParseKeys(file, data)
}

// own is the signer with the key that cosign made.
func (r *room) own() (*bundle.Signer, error) {
	data, err := os.ReadFile(r.file("cosign.key"))
	if err != nil {
		return nil, err
	}
	return bundle.ParseSigner(data, []byte(password))
}

// statements gives one of each predicate type about the image, by its type.
func statements(image string) (map[string][]byte, error) {
	repository, digest, _ := strings.Cut(image, "@")
	about := []evidence.Subject{{Name: repository, Digest: digest}}
	all := map[string][]byte{}
	for predicateType, s := range map[string]interface{ Statement() ([]byte, error) }{
		evidence.TestResultType: evidence.TestResult{
			Subjects: about, Suite: evidence.Subject{Name: "e2e", Digest: digest}, Passed: true,
		},
		evidence.ProvenanceType: evidence.Provenance{
			Subjects: about, Builder: "https://ci.example.com/", Finished: time.Now(),
			Source:     evidence.Source{Repository: "https://example.com/shop", Commit: strings.Repeat("c0", 20), Branch: "main"},
			Parameters: evidence.Parameters{Service: "orders", Args: map[string]string{"VERSION": "1"}},
			BaseImages: []evidence.Subject{{Name: "docker.io/library/golang:1.26", Digest: digest}},
		},
		evidence.SummaryType: evidence.Summary{
			Subjects: about, Verifier: "https://example.com/retort", Time: time.Now(), Resource: image,
			Policy: evidence.Document{URI: "https://example.com/shop/compose.yaml"}, Passed: true,
			Promotion: evidence.Promotion{Environment: "staging", Action: "promote", Gates: []evidence.GateVerdict{{Gate: "requires", Allowed: true}}},
		},
	} {
		statement, err := s.Statement()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", predicateType, err)
		}
		all[predicateType] = statement
	}
	return all, nil
}
