package contentimage

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
)

// config is an image config with the HEALTHCHECK that Docker writes beside the
// fields of OCI image-spec, config.md.
type config struct {
	ocispecs.Image
	Config struct {
		Labels       map[string]string   `json:"Labels"`
		ExposedPorts map[string]struct{} `json:"ExposedPorts"`
		Healthcheck  *struct {
			Test                           []string
			Interval, Timeout, StartPeriod time.Duration
			Retries                        int
		}
	} `json:"config"`
}

// Inspect tells what the image is, by its own documents. Its ID is desc's digest,
// its size that of the compressed layers, in bytes; by which names it is known is
// for the caller to add.
func Inspect(ctx context.Context, store content.Provider, desc ocispecs.Descriptor) (engine.ImageInfo, error) {
	_, manifest, err := Manifest(ctx, store, desc)
	if err != nil {
		return engine.ImageInfo{}, err
	}
	raw, err := Config(ctx, store, manifest)
	if err != nil {
		return engine.ImageInfo{}, err
	}
	var c config
	if err := json.Unmarshal(raw, &c); err != nil {
		return engine.ImageInfo{}, fmt.Errorf("config %s: %w", manifest.Config.Digest, err)
	}
	info := engine.ImageInfo{
		ID:       desc.Digest.String(),
		Labels:   c.Config.Labels,
		Ports:    slices.Sorted(maps.Keys(c.Config.ExposedPorts)),
		Platform: platforms.FormatAll(c.Platform),
	}
	for _, layer := range manifest.Layers {
		info.Size += layer.Size
	}
	for _, id := range c.RootFS.DiffIDs {
		info.DiffIDs = append(info.DiffIDs, id.String())
	}
	if h := c.Config.Healthcheck; h != nil {
		info.Healthcheck = h.Test
		info.Rhythm = engine.Rhythm{Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, Retries: h.Retries}
	}
	return info, nil
}
