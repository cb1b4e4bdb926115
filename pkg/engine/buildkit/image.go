package buildkit

import (
	"maps"

	"github.com/moby/buildkit/client"

	"github.com/retort-ci/retort/pkg/engine"
)

// ImageAttrs are the exporter's options where BuildKit itself writes the manifest,
// in this process or elsewhere: with the same ones everywhere the same content
// has one digest. Layers are compressed as BuildKit does by default, with gzip.
func ImageAttrs() map[string]string {
	return map[string]string{
		// OCI's media types also where the base has Docker's.
		"oci-mediatypes": "true",
	}
}

// epochArg is the build argument of https://reproducible-builds.org/specs/source-date-epoch.
const epochArg = "SOURCE_DATE_EPOCH"

// exports are the results of a build.
func (c *Client) exports(spec engine.BuildSpec) []client.ExportEntry {
	entry := client.ExportEntry{Type: c.opts.Exporter, Attrs: map[string]string{}}
	maps.Copy(entry.Attrs, c.opts.ExportAttrs)
	if _, asked := spec.Args[epochArg]; asked && c.opts.Exporter != "moby" {
		// Whoever asks for it gets the time of what RUN has written set back as well.
		// BuildKit writes and compresses the layers anew for it, with every build: too
		// dear for the Epoch that nobody asked for, which the config alone has.
		entry.Attrs["rewrite-timestamp"] = "true"
	}
	if c.opts.Store != nil {
		entry.OutputStore = c.opts.Store
		entry.Attrs["tar"] = "false"
	}
	return []client.ExportEntry{entry}
}
