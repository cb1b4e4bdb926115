package main

import (
	"context"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/evidence/bundle"
)

func oursLegacy(ctx context.Context, r *room) error {
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
	attestations, err := legacyImage(signer, all)
	if err != nil {
		return err
	}
	repository, digest, _ := strings.Cut(image, "@")
	tag, err := name.NewTag(repository + ":" + bundle.LegacyTag(digest))
	if err != nil {
		return err
	}
	if err := remote.Write(tag, attestations, remote.WithContext(ctx)); err != nil {
		return err
	}
	return r.verifies(ctx, legacy, image, all)
}

// legacyImage holds the statements as layers.
func legacyImage(signer *bundle.Signer, statements map[string][]byte) (v1.Image, error) {
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for _, statement := range statements {
		data, err := signer.Sign(statement)
		if err != nil {
			return nil, err
		}
		layer, err := bundle.Legacy(data)
		if err != nil {
			return nil, err
		}
		img, err = mutate.Append(img, mutate.Addendum{
			Layer:       static.NewLayer(layer.Data, types.MediaType(layer.MediaType)),
			Annotations: layer.Annotations,
		})
		if err != nil {
			return nil, err
		}
	}
	return img, nil
}
