package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
)

// predicate is a test result of ours as a person would write it for cosign.
const predicate = `{
  "result": "PASSED",
  "configuration": [{
    "uri": "urn:retort:suite", "name": "scan",
    "digest": {"sha256": "0303030303030303030303030303030303030303030303030303030303030303"}
  }],
  "passedTests": ["scan"]
}`

// attested has cosign sign the predicate about a new image.
func (r *room) attested(ctx context.Context, f form) (image string, err error) {
	if image, err = r.image(ctx); err != nil {
		return "", err
	}
	file := r.file("predicate.json")
	if err := os.WriteFile(file, []byte(predicate), 0o600); err != nil {
		return "", err
	}
	return image, r.cosign.attest(ctx, f, file, evidence.TestResultType, image)
}

func theirsInBundle(ctx context.Context, r *room) error {
	image, err := r.attested(ctx, bundles)
	if err != nil {
		return err
	}
	found, err := r.registry.Referrers(ctx, image, bundle.MediaType)
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return fmt.Errorf("the registry lists %d bundles", len(found))
	}
	for name := range bundle.Annotations("", time.Time{}) {
		if found[0].Annotations[name] == "" {
			return fmt.Errorf("cosign does not write the annotation %s", name)
		}
	}
	return r.opens(found[0].Data, image)
}

func theirsLegacy(ctx context.Context, r *room) error {
	image, err := r.attested(ctx, legacy)
	if err != nil {
		return err
	}
	repository, digest, _ := strings.Cut(image, "@")
	tag, err := name.NewTag(repository + ":" + bundle.LegacyTag(digest))
	if err != nil {
		return err
	}
	attestations, err := remote.Image(tag, remote.WithContext(ctx))
	if err != nil {
		return err
	}
	layers, err := attestations.Layers()
	if err != nil {
		return err
	}
	if len(layers) != 1 {
		return fmt.Errorf("%s has %d layers", tag, len(layers))
	}
	blob, err := layers[0].Compressed()
	if err != nil {
		return err
	}
	defer func() { _ = blob.Close() }()
	data, err := io.ReadAll(blob)
	if err != nil {
		return err
	}
	return r.opens(data, image)
}

// opens says whether we take what cosign signed, and nothing under another key.
func (r *room) opens(data []byte, image string) error {
	keys, err := r.keys("cosign.pub")
	if err != nil {
		return err
	}
	statement, _, err := bundle.Open(data, keys)
	if err != nil {
		return err
	}
	result, err := evidence.ParseTestResult(statement)
	if err != nil {
		return err
	}
	_, digest, _ := strings.Cut(image, "@")
	if !result.Passed || result.Suite.Name != "scan" || !result.About(digest) {
		return fmt.Errorf("read %+v", result)
	}
	if _, _, err := bundle.Open(data, nil); !errors.Is(err, bundle.ErrSignature) {
		return fmt.Errorf("opened without a key: %w", err)
	}
	return nil
}
