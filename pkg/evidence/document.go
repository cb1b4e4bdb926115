package evidence

// Document is something that a Summary points at.
type Document struct {
	URI    string
	Digest string // "sha256:…", or empty
}

// digestSet is the digest as in-toto writes it, nil when there is none.
func (d Document) digestSet() (map[string]string, error) {
	if d.Digest == "" {
		return nil, nil
	}
	descriptor, err := Subject{d.URI, d.Digest}.descriptor("")
	return descriptor.GetDigest(), err
}

// documentOf reads a policy or an input. Without a sha256 the Digest stays empty.
func documentOf(d interface {
	GetUri() string
	GetDigest() map[string]string
},
) Document {
	out := Document{URI: d.GetUri()}
	if digest := d.GetDigest()["sha256"]; digest != "" {
		out.Digest = "sha256:" + digest
	}
	return out
}
