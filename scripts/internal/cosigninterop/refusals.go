package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/registry"
)

// oursByAnotherKey makes sure that the checks which hold do not hold always.
func oursByAnotherKey(ctx context.Context, r *room) error {
	image, err := r.image(ctx)
	if err != nil {
		return err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	signer, err := bundle.NewSigner(private)
	if err != nil {
		return err
	}
	if _, err := r.attachAll(ctx, signer, image); err != nil {
		return err
	}
	return r.refuses(ctx, image)
}

// oursAboutAnother moves a good bundle to an image that it is not about.
func oursAboutAnother(ctx context.Context, r *room) error {
	var images [2]string
	for i := range images {
		image, err := r.image(ctx)
		if err != nil {
			return err
		}
		images[i] = image
	}
	all, err := statements(images[0])
	if err != nil {
		return err
	}
	signer, err := r.own()
	if err != nil {
		return err
	}
	if err := r.attach(ctx, signer, images[1], evidence.ProvenanceType, all[evidence.ProvenanceType]); err != nil {
		return err
	}
	return r.refuses(ctx, images[1])
}

func (r *room) refuses(ctx context.Context, image string) error {
	if out, err := r.verify(ctx, bundles, r.file("cosign.pub"), evidence.ProvenanceType, image); err == nil {
		return errors.New("cosign verified it: " + out)
	}
	return nil
}

// oursWithAnotherLayer tells why a suite's reports cannot lie behind its signed
// result, as they do behind one that is not signed.
func oursWithAnotherLayer(ctx context.Context, r *room) error {
	image, err := r.image(ctx)
	if err != nil {
		return err
	}
	all, err := statements(image)
	if err != nil {
		return err
	}
	signer, err := r.own()
	if err != nil {
		return err
	}
	report := registry.Blob{MediaType: "application/xml", Data: []byte("<testsuites/>")}
	if err := r.attach(ctx, signer, image, evidence.ProvenanceType, all[evidence.ProvenanceType], report); err != nil {
		return err
	}
	return r.refuses(ctx, image)
}
