package registry

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"

	"github.com/containerd/platforms"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/fault"
)

// child gives the digest of the manifest in the index that fits the platform
// best, by containerd's rules: arm/v6 runs on arm/v7, arm64 is arm64/v8.
func (c *Client) child(ref name.Reference, m *manifest, platform *v1.Platform) (v1.Hash, error) {
	index, err := v1.ParseIndexManifest(bytes.NewReader(m.raw))
	if err != nil {
		return v1.Hash{}, c.explain(pulling("read index", ref), err)
	}
	want := wanted(platform)
	fits := platforms.Only(want)
	var best *v1.Descriptor
	for _, child := range index.Manifests {
		if !fits.Match(spec(child.Platform)) {
			continue
		}
		if best == nil || fits.Less(spec(child.Platform), spec(best.Platform)) {
			best = &child
		}
	}
	if best == nil {
		return v1.Hash{}, fault.New(fault.Usage, "it has "+strings.Join(offered(index), ", "),
			"%s has no image for %s", show(ref), platforms.FormatAll(want))
	}
	return best.Digest, nil
}

func wanted(platform *v1.Platform) ocispec.Platform {
	if platform == nil {
		return platforms.Normalize(ocispec.Platform{OS: "linux", Architecture: runtime.GOARCH})
	}
	return platforms.Normalize(spec(platform))
}

// spec gives the platform in the specification's type; none means linux/amd64,
// as everywhere.
func spec(p *v1.Platform) ocispec.Platform {
	if p == nil {
		return ocispec.Platform{OS: "linux", Architecture: "amd64"}
	}
	return ocispec.Platform{
		OS: p.OS, Architecture: p.Architecture, Variant: p.Variant,
		OSVersion: p.OSVersion, OSFeatures: p.OSFeatures,
	}
}

// offered lists the platforms of an index for a message.
func offered(index *v1.IndexManifest) []string {
	list := make([]string, 0, len(index.Manifests))
	for _, child := range index.Manifests {
		list = append(list, platforms.FormatAll(spec(child.Platform)))
	}
	return list
}

// parsePlatform reads "linux/arm64/v8"; empty gives nil.
func parsePlatform(s string) (*v1.Platform, error) {
	if s == "" {
		return nil, nil //nolint:nilnil // no platform is a choice, not a failure
	}
	p, err := platforms.Parse(s)
	if err != nil {
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("platform %q: %w", s, err), "a platform looks like linux/amd64")
	}
	return &v1.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, OSVersion: p.OSVersion}, nil
}
