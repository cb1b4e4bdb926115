package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"os"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
)

func oursByOtherKeys(ctx context.Context, r *room) error {
	for kind, generate := range map[string]func() (crypto.Signer, error){
		"P-384": func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) },
		"RSA":   func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 3072) },
		"Ed25519": func() (crypto.Signer, error) {
			_, private, err := ed25519.GenerateKey(rand.Reader)
			return private, err
		},
	} {
		private, err := generate()
		if err != nil {
			return err
		}
		signer, err := bundle.NewSigner(private)
		if err != nil {
			return err
		}
		public := r.file(kind + ".pub")
		if err := os.WriteFile(public, signer.Key().PEM(), 0o600); err != nil {
			return err
		}
		image, err := r.image(ctx)
		if err != nil {
			return err
		}
		if _, err := r.attachAll(ctx, signer, image); err != nil {
			return err
		}
		if _, err := r.verify(ctx, bundles, public, evidence.ProvenanceType, image); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}
