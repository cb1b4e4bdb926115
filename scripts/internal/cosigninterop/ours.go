package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/registry"
)

// attach signs a statement and stores it as a referrer of the image, with layers
// behind it that should not be there.
func (r *room) attach(ctx context.Context, s *bundle.Signer, image, predicateType string, statement []byte, extra ...registry.Blob) error {
	data, err := s.Sign(statement)
	if err != nil {
		return err
	}
	_, err = r.registry.Attach(ctx, image, registry.Artifact{
		Type: bundle.MediaType, MediaType: bundle.MediaType, Data: data, Extra: extra,
		Annotations: bundle.Annotations(predicateType, time.Now()),
	})
	return err
}

// attachAll stores a statement of each type.
func (r *room) attachAll(ctx context.Context, s *bundle.Signer, image string) (map[string][]byte, error) {
	all, err := statements(image)
	if err != nil {
		return nil, err
	}
	for predicateType, statement := range all {
		if err := r.attach(ctx, s, image, predicateType, statement); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func oursInBundles(ctx context.Context, r *room) error {
	image, err := r.image(ctx)
	if err != nil {
		return err
	}
	_, err = r.registry.Attach(ctx, image, registry.Artifact{
		Type: evidence.MediaType, MediaType: evidence.MediaType, Data: []byte("{}"),
		Extra: []registry.Blob{{MediaType: "application/xml", Data: []byte("<testsuites/>")}},
	})
	if err != nil {
		return err
	}
	signer, err := r.own()
	if err != nil {
		return err
	}
	all, err := r.attachAll(ctx, signer, image)
	if err != nil {
		return err
	}
	return r.verifies(ctx, bundles, image, all)
}

// verifies has cosign verify a statement of each type, and print it.
func (r *room) verifies(ctx context.Context, f form, image string, all map[string][]byte) error {
	for predicateType, statement := range all {
		out, err := r.verify(ctx, f, r.file("cosign.pub"), predicateType, image)
		if err != nil {
			return err
		}
		if err := printed(out, statement); err != nil {
			return fmt.Errorf("%s: %w", predicateType, err)
		}
	}
	return nil
}

// printed holds what cosign printed, an envelope, against the statement.
func printed(out string, statement []byte) error {
	var envelope struct{ Payload string }
	if err := json.Unmarshal([]byte(strings.TrimSpace(out)), &envelope); err != nil {
		return fmt.Errorf("cosign printed %s: %w", out, err)
	}
	payload, err := base64.StdEncoding.DecodeString(envelope.Payload)
	if err == nil && string(payload) != string(statement) {
		err = fmt.Errorf("cosign printed %s", payload)
	}
	return err
}
