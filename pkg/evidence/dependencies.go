package evidence

import (
	"net/url"
	"strings"

	intoto "github.com/in-toto/attestation/go/v1"
)

// ociPURL begins the URI of a base image: a package URL
// (https://github.com/package-url/purl-spec, type oci).
const ociPURL = "pkg:oci/"

// dependencies lists what the build took in: its source, then its base images.
func (p Provenance) dependencies() ([]*intoto.ResourceDescriptor, error) {
	var list []*intoto.ResourceDescriptor
	if source := p.Source.descriptor(); source != nil {
		list = append(list, source)
	}
	for _, image := range p.BaseImages {
		d, err := image.descriptor(imageURI(image))
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// readDependencies reads the entries that we know among those that others may add.
func (p *Provenance) readDependencies(list []*intoto.ResourceDescriptor) {
	for _, d := range list {
		switch {
		case d.GetName() == sourceName:
			p.Source.Commit = d.GetDigest()["gitCommit"]
		case strings.HasPrefix(d.GetUri(), ociPURL):
			p.BaseImages = append(p.BaseImages, subjectOf(d))
		}
	}
}

// imageURI is the package URL of an image whose name is a reference, with a tag
// or without.
func imageURI(image Subject) string {
	repository, _, _ := strings.Cut(image.Name, "@")
	base := repository[strings.LastIndex(repository, "/")+1:]
	base, tag, _ := strings.Cut(base, ":")
	repository = strings.TrimSuffix(repository, ":"+tag)
	uri := ociPURL + url.PathEscape(strings.ToLower(base)) + "@" + url.QueryEscape(image.Digest) +
		"?repository_url=" + strings.ReplaceAll(url.QueryEscape(repository), "%2F", "/")
	if tag != "" {
		uri += "&tag=" + url.QueryEscape(tag)
	}
	return uri
}
