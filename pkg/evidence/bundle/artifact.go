package bundle

import "time"

// MediaType is that of a bundle as it is written here. A referrer that holds one
// has it three times: as artifactType, as the type of its only layer, and inside.
const MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"

// olderType and a version name the bundles of before.
const olderType = "application/vnd.dev.sigstore.bundle+json;version="

// Annotations are those that cosign puts on the manifest of a bundle. It does
// not read them, so that nothing depends on them that was not signed; they spare
// who lists referrers to fetch each.
func Annotations(predicateType string, created time.Time) map[string]string {
	return map[string]string{
		"dev.sigstore.bundle.content":       "dsse-envelope",
		"dev.sigstore.bundle.predicateType": predicateType,
		"org.opencontainers.image.created":  created.UTC().Format(time.RFC3339),
	}
}
